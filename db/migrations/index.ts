import * as createTenantsAndAccess from './001_create_tenants_and_access';
import * as createOffersPartnersDealsAndCampaigns from './002_create_offers_partners_deals_and_campaigns';
import * as createVisitorsAndClicksByMonth from './003_create_visitors_and_clicks_by_month';
import * as createPlayersEventsAndTheirReceipts from './004_create_players_events_and_their_receipts';
import * as createVerdictsBindingsAndConversions from './005_create_verdicts_bindings_and_conversions';
import * as createCommissionLinesAndTheLedger from './006_create_commission_lines_and_the_ledger';
import * as createDestinationsPostbacksAndAttempts from './007_create_destinations_postbacks_and_attempts';
import type { Migration } from './migration';

/** In the order they apply. A released migration is never edited: a later one changes what it made. */
export const MIGRATIONS: readonly (readonly [name: string, migration: Migration])[] = [
  ['001_create_tenants_and_access', createTenantsAndAccess],
  ['002_create_offers_partners_deals_and_campaigns', createOffersPartnersDealsAndCampaigns],
  ['003_create_visitors_and_clicks_by_month', createVisitorsAndClicksByMonth],
  ['004_create_players_events_and_their_receipts', createPlayersEventsAndTheirReceipts],
  ['005_create_verdicts_bindings_and_conversions', createVerdictsBindingsAndConversions],
  ['006_create_commission_lines_and_the_ledger', createCommissionLinesAndTheLedger],
  ['007_create_destinations_postbacks_and_attempts', createDestinationsPostbacksAndAttempts],
];
