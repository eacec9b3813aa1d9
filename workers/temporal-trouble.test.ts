import { isGrpcServiceError, ServiceError, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { classifyTrouble } from './temporal-trouble';

/** An error as the gRPC client throws it. */
function grpcError(code: number): Error {
  return Object.assign(new Error(`${code}: refused`), { code, details: 'refused', metadata: {} });
}

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
    ['PERMISSION_DENIED', 7, 'faulty'],
    ['RESOURCE_EXHAUSTED', 8, 'busy'],
    ['FAILED_PRECONDITION', 9, 'faulty'],
    ['INTERNAL', 13, 'faulty'],
    ['UNAVAILABLE', 14, 'away'],
    ['UNAUTHENTICATED', 16, 'faulty'],
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
