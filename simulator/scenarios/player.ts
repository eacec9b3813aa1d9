import { BROWSERS, LANGUAGES } from '../cast';
import { createCookieJar } from '../cookie-jar';
import { playerIdOf } from '../event-request';
import { followLink } from '../follow-link';
import { NotAsStated } from './not-as-stated';
import {
  callbackBody,
  type Report,
  type ReportAnswer,
  type ReportKind,
  reportBody,
  reportPath,
  reportTitle,
  sendReport,
} from './report';
import type { Props, Theatre } from './theatre';

export type Visit = {
  userAgent?: string;
  /** Where the visitor comes from; ours, which nobody counts, unless given. */
  address?: string;
};

/** One person: a visitor to us, a player to the casino. */
export type Player = {
  readonly label: string;
  readonly playerId: string;
  /** Every click so far, oldest first. */
  readonly clickIds: readonly string[];
  /** When the answer to the latest click had arrived: reports are dated from here, so that none precedes its click. */
  readonly clickedAtMs: number;
  /** Follows the campaign's link, once more if he has before; the browser keeps its cookies. */
  visit(visit?: Visit): Promise<string>;
  /** Has something reported of him, and notes the answer. */
  report(kind: ReportKind, report?: Report): Promise<ReportAnswer>;
  /** The very same report many times at once; notes how often each answer came. */
  reportAtOnce(times: number, kind: ReportKind, report?: Report): Promise<void>;
};

/** What is written down of a scenario while it plays. */
export type Protocol = { step(text: string): void; answer(text: string): void };

/** The first report happens half a minute after the click, each further one half a minute later. */
const STEP_SECONDS = 30;

const WHOSE = {
  casino: 'the casino',
  processor: 'the payment processor',
  measurement: 'the measurement partner',
} as const;

export function createPlayer(theatre: Theatre, props: Props, label: string, protocol: Protocol): Player {
  const { http, instance, runId } = theatre.session;
  const jar = createCookieJar();
  const clickIds: string[] = [];
  let clickedAtMs = Date.now();
  let reports = 0;

  const requestOf = (kind: ReportKind, report: Report) => {
    const { key = kind, at = STEP_SECONDS * (reports + 1), by = 'casino' } = report;
    reports += 1;
    const occursAtMs = at === 'now' ? Date.now() : clickedAtMs + at * 1_000;
    const subject = {
      prefix: `${runId}-${label}`,
      playerId: playerIdOf(runId, label),
      clickId: clickIds.at(-1) ?? null,
    };
    const isCallback = by === 'measurement';
    const body = isCallback
      ? callbackBody(report, subject, occursAtMs)
      : reportBody(kind, { ...report, key }, subject, occursAtMs);
    const path = isCallback ? `/webhooks/appsflyer/${theatre.keys[by]}` : reportPath(kind);
    const when = at === 'now' ? 'dated now' : `dated ${at} s after the click`;
    const name = 'eventId' in body ? body.eventId : body.appsflyer_id;
    protocol.step(`${WHOSE[by]} reports: ${reportTitle(kind, report)}, ${when} (${name})`);
    return { url: instance.apiUrl + path, key: theatre.keys[by], body };
  };

  return {
    label,
    playerId: playerIdOf(runId, label),
    clickIds,
    get clickedAtMs() {
      return clickedAtMs;
    },
    visit: async ({ userAgent = BROWSERS[3], address } = {}) => {
      const followed = await followLink(http, {
        url: `${instance.apiUrl}${props.linkPath}`,
        jar,
        language: LANGUAGES[0],
        userAgent,
        ...(address !== undefined && { forwardedFor: address }),
      });
      if (!followed.ok) throw new NotAsStated([`the link ${props.linkPath} answered ${followed.got}`]);
      clickedAtMs = Date.now();
      clickIds.push(followed.clickId);
      const from = address === undefined ? '' : ` from ${address}`;
      protocol.step(`a visitor follows the link${from}: ${followed.clickId}`);
      return followed.clickId;
    },
    report: async (kind, report = {}) => {
      const answer = await sendReport(http, requestOf(kind, report));
      protocol.answer(`${reportTitle(kind, report)}: ${answer.said}`);
      return answer;
    },
    reportAtOnce: async (times, kind, report = {}) => {
      const request = requestOf(kind, report);
      protocol.step(`${times} of it at once`);
      const answers = await Promise.all(Array.from({ length: times }, () => sendReport(http, request)));
      for (const word of ['accepted', 'duplicate', 'quarantined']) {
        const count = answers.filter(({ said }) => said === word).length;
        if (count > 0) protocol.answer(`${count} × ${reportTitle(kind, report)}: ${word}`);
      }
      const refused = answers.filter(({ id }) => id === null);
      for (const { said } of refused) protocol.answer(`${reportTitle(kind, report)}: ${said}`);
    },
  };
}
