import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { WorkspaceSettings } from '../../db/stores/workspace-settings-store';
import { CURRENCY_CODES, type Currency, parseCurrency } from '../../domain/currencies';
import type { WorkspaceId } from '../../domain/ids';
import { changeOf, instantJson, shownId, shownInstant } from './fields';
import { registerOperation } from './operation';

/** A currency by its ISO 4217 code. */
export function currencyField() {
  return z
    .string()
    .max(10)
    .transform((text, context): Currency => {
      const currency = parseCurrency(text);
      if (currency !== null) return currency;
      context.addIssue({ code: 'custom', message: 'is not an ISO 4217 currency code' });
      return z.NEVER;
    })
    .meta({ type: 'string', enum: [...CURRENCY_CODES] });
}

export const changeWorkspaceBody = changeOf({ reportingCurrency: currencyField().optional() }).meta({
  id: 'WorkspaceChange',
});

export const workspaceSchema = z
  .object({
    workspaceId: shownId('wsp'),
    name: z.string(),
    reportingCurrency: z.enum(CURRENCY_CODES).meta({
      description: 'In which reports add up what has a known rate.',
    }),
    createdAt: shownInstant(),
  })
  .meta({ id: 'Workspace' });

export function workspaceJson(
  workspaceId: WorkspaceId,
  settings: WorkspaceSettings,
): z.input<typeof workspaceSchema> {
  const { name, reportingCurrency, createdAtMs } = settings;
  return { workspaceId, name, reportingCurrency, createdAt: instantJson(createdAtMs) };
}

export function registerWorkspacePaths(registry: OpenAPIRegistry): void {
  const shared = { path: '/v1/workspace', tag: 'Workspace', status: 200, answer: workspaceSchema } as const;
  registerOperation(registry, {
    ...shared,
    method: 'get',
    operationId: 'getWorkspace',
    summary: 'Get the workspace of the key',
    scope: 'read',
  });
  registerOperation(registry, {
    ...shared,
    method: 'patch',
    operationId: 'changeWorkspace',
    summary: 'Change the workspace',
    scope: 'setup:write',
    body: changeWorkspaceBody,
  });
}
