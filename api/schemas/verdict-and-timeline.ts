import { z } from 'zod';
import { TIMELINE_KINDS } from '../../db/read-models/timeline-entry';
import { OUTCOMES } from '../../domain/fraud/verdict';
import { shownInstant } from './fields';

export const verdictSchema = z
  .object({
    outcome: z.enum(OUTCOMES),
    score: z.int().min(0).max(100),
    reasons: z
      .array(z.object({ code: z.string(), detail: z.string() }).meta({ id: 'VerdictReason' }))
      .readonly(),
  })
  .meta({ id: 'Verdict' });

export const timelineSchema = z
  .array(
    z
      .object({
        at: shownInstant(),
        kind: z.enum(TIMELINE_KINDS),
        reason: z.string().optional().meta({ description: 'A stable code.' }),
        detail: z.string().optional().meta({ description: 'The particulars, for a reader.' }),
      })
      .meta({ id: 'TimelineEntry' }),
  )
  .readonly();
