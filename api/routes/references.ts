import type { Db } from '../../db/knex';
import { findCampaign } from '../../db/stores/campaign-store';
import { findOffer } from '../../db/stores/offer-store';
import { findPartner } from '../../db/stores/partner-store';
import type { CampaignId, OfferId, PartnerId, WorkspaceId } from '../../domain/ids';
import { fieldProblem } from '../middleware/validate';

export type References = {
  readonly offerId?: OfferId | null | undefined;
  readonly partnerId?: PartnerId | null | undefined;
  readonly campaignId?: CampaignId | null | undefined;
};

/** Refuses, with the field's path, an id in a body that names nothing in the workspace. */
export async function requireReferences(db: Db, workspaceId: WorkspaceId, given: References): Promise<void> {
  const { offerId, partnerId, campaignId } = given;
  if (offerId && (await findOffer(db, workspaceId, offerId)) === null) throw unknownReference('offerId');
  if (partnerId && (await findPartner(db, workspaceId, partnerId)) === null)
    throw unknownReference('partnerId');
  if (campaignId && (await findCampaign(db, workspaceId, campaignId)) === null) {
    throw unknownReference('campaignId');
  }
}

function unknownReference(path: string): Error {
  return fieldProblem(path, 'names nothing in this workspace');
}
