import { isGrpcServiceError, ServiceError, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import { grpcError } from '../testing/fake-temporal';
import { classifyTrouble, isRunFull } from './temporal-trouble';

describe('classifyTrouble', () => {
  it('is tested with errors that the SDK takes for those of gRPC', () => {
    expect(isGrpcServiceError(grpcError(14))).toBe(true);
  });

  it.each([
    ['CANCELLED', 1, 'away'],
    ['UNKNOWN', 2, 'faulty'],
    ['INVALID_ARGUMENT', 3, 'faulty'],
    ['DEADLINE_EXCEEDED', 4, 'away'],
    ['NOT_FOUND', 5, 'faulty'],
    ['ALREADY_EXISTS', 6, 'faulty'],
    ['PERMISSION_DENIED', 7, 'away'],
    ['RESOURCE_EXHAUSTED', 8, 'busy'],
    ['FAILED_PRECONDITION', 9, 'faulty'],
    ['INTERNAL', 13, 'faulty'],
    ['UNAVAILABLE', 14, 'away'],
    ['UNAUTHENTICATED', 16, 'away'],
  ])('%s (%i) means %s', (_name, code, trouble) => {
    expect(classifyTrouble(grpcError(code))).toBe(trouble);
  });

  it.each([
    [14, 'away'],
    [8, 'busy'],
    [3, 'faulty'],
  ])('finds the code %i inside the errors that wrap it: %s', (code, trouble) => {
    const wrapped = new ServiceError('Failed to start Workflow', { cause: grpcError(code) });
    expect(classifyTrouble(wrapped)).toBe(trouble);
    expect(classifyTrouble(new Error('while relaying', { cause: wrapped }))).toBe(trouble);
  });

  it.each([
    'Namespace default has no mapping defined for search attribute WorkspaceId',
    'search attribute CampaignId is not defined',
  ])('a server that is not set up is away: %s', (details) => {
    expect(classifyTrouble(Object.assign(grpcError(3), { details }))).toBe('away');
  });

  it('a missing namespace is away, wherever it is named', () => {
    expect(classifyTrouble(new NamespaceNotFoundError('default'))).toBe('away');
    expect(classifyTrouble(new Error('x', { cause: new NamespaceNotFoundError('default') }))).toBe('away');
  });

  it('believes the outermost code', () => {
    const error = Object.assign(grpcError(8), { cause: grpcError(14) });
    expect(classifyTrouble(error)).toBe('busy');
  });

  it.each([
    ['an error without a code', new Error('14 UNAVAILABLE')],
    ['an error of Node', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
    ['a code alone, on no gRPC error', Object.assign(new Error('14'), { code: 14 })],
    ['a closed workflow', new WorkflowExecutionAlreadyStartedError('started', 'click:1', 'clickJourney')],
    ['a cause that is no error', new Error('wrapped', { cause: { code: 14, details: '', metadata: {} } })],
    ['no error at all', 'UNAVAILABLE'],
    ['nothing', undefined],
  ])('%s is faulty', (_name, error) => {
    expect(classifyTrouble(error)).toBe('faulty');
  });
});

it('knows a run that takes no more signals from a call that is wrong', () => {
  const details = 'exceeded workflow execution limit for signal events';
  const refused = Object.assign(grpcError(3), { details });
  expect(isRunFull(new ServiceError('Failed to signalWithStart Workflow', { cause: refused }))).toBe(true);
  expect(isRunFull(grpcError(3))).toBe(false);
  expect(isRunFull(new Error(details))).toBe(false);
});
