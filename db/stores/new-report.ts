import type { WordedReport } from '../../domain/report/worded-report';
import type { NewEvent } from './new-event';

/** A report in its sender's words, with who reported it. */
export type NewReport = Pick<
  NewEvent,
  'workspaceId' | 'brandId' | 'sourceId' | 'trust' | 'raw' | 'message'
> & {
  readonly report: WordedReport;
};
