import { z } from 'zod';
import { TIMELINE_KINDS } from '../../db/read-models/timeline-entry';
import { TRUSTS } from '../../domain/facts';
import { RULE_FAMILIES, RULE_LEVELS, RULE_MODES } from '../../domain/fraud/rule-terms';
import { OUTCOMES } from '../../domain/fraud/verdict';
import { shownInstant } from './fields';

export const verdictSchema = z
  .object({
    outcome: z.enum(OUTCOMES),
    score: z.int().min(0).max(100),
    reasons: z
      .array(
        z
          .object({
            code: z.string(),
            detail: z.string(),
            family: z.enum(RULE_FAMILIES).optional(),
            level: z.enum(RULE_LEVELS).optional(),
            mode: z
              .enum(RULE_MODES)
              .exclude(['off'])
              .optional()
              .meta({ description: 'A suspicious reason is shown and decides nothing.' }),
            score: z.int().optional(),
          })
          .meta({ id: 'VerdictReason' }),
      )
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
        trust: z
          .enum(TRUSTS)
          .optional()
          .meta({ description: 'Of what somebody has reported: how far he is known.' }),
        isTest: z
          .literal(true)
          .optional()
          .meta({ description: 'A test click, or an event that counts as a test.' }),
      })
      .meta({ id: 'TimelineEntry' }),
  )
  .readonly();
