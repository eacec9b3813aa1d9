import { setTimeout as delay } from 'node:timers/promises';
import { decimal, TERMS } from '../audit/client-log';
import { destinationUrl } from '../traffic/set-up';
import type { Arena, Inject } from './arena';

/** F23: somebody changes what journeys that are under way depend on. */
export const changedSetUp: Inject = async (arena, { variant, holdMs }) => {
  switch (variant) {
    case 'new_deal':
      await raiseCommission(arena);
      break;
    case 'new_url':
      await moveDestination(arena);
      break;
    case 'new_secret':
      await rotateSecret(arena);
      break;
    case 'new_source_key':
      await replaceSourceKey(arena);
      break;
    default:
      throw new Error(`there is no change called ${variant}`);
  }
  await delay(holdMs);
};

const RAISE_MINOR = 700n;

/** Players who are bound from its first moment on are paid by it, and nobody before. */
async function raiseCommission({ admin, setUp, traffic }: Arena): Promise<void> {
  const { currency, cpaMinor, minDepositMinor } = TERMS.alpha;
  const raised = cpaMinor + RAISE_MINOR;
  const deal = await admin.call('POST', `/v1/partners/${setUp.campaigns.alpha.partnerId}/deals`, {
    kind: 'cpa',
    cpa: { amount: decimal(raised), currency },
    minDeposit: { amount: decimal(minDepositMinor), currency },
  });
  const validFromMs = Date.parse(deal.validFrom ?? '');
  traffic.log.changes.push({ what: 'deal', campaign: 'alpha', validFromMs, cpaMinor: raised });
}

async function moveDestination({ admin, setUp, traffic, sink }: Arena): Promise<void> {
  const { destinationId } = setUp.campaigns.beta;
  const url = `${destinationUrl(sink.origin, 'beta')}&moved=1`;
  await admin.call('PATCH', `/v1/destinations/${destinationId}`, { url });
  traffic.log.changes.push({ what: 'other', subject: destinationId });
}

/** What is delivered from now on carries another signature, and for a while the old one, too. */
async function rotateSecret({ admin, setUp, traffic }: Arena): Promise<void> {
  await admin.call('POST', `/v1/destinations/${setUp.hookId}/secret`, { overlapHours: 1 });
  traffic.log.changes.push({ what: 'other', subject: setUp.hookId });
}

/** The casino changes over to another key. The duplicates of what it has reported under the old one are recognised. */
async function replaceSourceKey({ admin, setUp }: Arena): Promise<void> {
  const { key = '' } = await admin.call('POST', '/v1/sources', {
    name: `Casino ${Date.now()}`,
    kind: 'gaming',
  });
  setUp.sourceKey = key;
}
