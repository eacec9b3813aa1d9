import { defineSearchAttributeKey } from '@temporalio/common';

/** What operators filter journeys by: keywords registered with the namespace. Ids only, never people. */
export const WORKSPACE_ID = defineSearchAttributeKey('WorkspaceId', 'KEYWORD');
export const CAMPAIGN_ID = defineSearchAttributeKey('CampaignId', 'KEYWORD');
export const PARTNER_ID = defineSearchAttributeKey('PartnerId', 'KEYWORD');
/** Absent while a journey waits: an attribute that is never written costs nothing. */
export const JOURNEY_STAGE = defineSearchAttributeKey('JourneyStage', 'KEYWORD');

/** All of them, as a namespace has to know them before the first journey starts. */
export const SEARCH_ATTRIBUTES = [WORKSPACE_ID, CAMPAIGN_ID, PARTNER_ID, JOURNEY_STAGE] as const;
