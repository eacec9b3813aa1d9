import { errors } from 'undici';
import { BlockedAddressError } from './guarded-connector';
import { describeNetworkError } from './network-failure';

const coded = (code: string) => Object.assign(new Error('what happened'), { code });

describe('describeNetworkError', () => {
  it.each([
    ['ECONNREFUSED', 'refused'],
    ['EHOSTUNREACH', 'refused'],
    ['ENETUNREACH', 'refused'],
    ['ECONNRESET', 'reset'],
    ['EPIPE', 'reset'],
    ['UND_ERR_SOCKET', 'reset'],
    ['ETIMEDOUT', 'timeout'],
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
    ['ENOTFOUND', 'dns'],
    ['EAI_AGAIN', 'dns'],
    ['EAI_FAIL', 'dns'],
    ['EPROTO', 'tls'],
    ['CERT_HAS_EXPIRED', 'tls'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
    ['UND_ERR_HEADERS_OVERFLOW', 'too_large'],
    ['HPE_HEADER_OVERFLOW', 'too_large'],
    ['HPE_INVALID_CONSTANT', 'protocol'],
    ['SOMETHING_NEW', 'protocol'],
  ])('%s is %s', (code, reason) => {
    expect(describeNetworkError(coded(code))).toEqual({ reason, detail: `${code} what happened` });
  });

  it('finds the code inside an aggregate and a cause', () => {
    expect(describeNetworkError(new AggregateError([coded('ECONNREFUSED')]))).toMatchObject({
      reason: 'refused',
    });
    expect(describeNetworkError(new Error('outer', { cause: coded('ENOTFOUND') }))).toMatchObject({
      reason: 'dns',
    });
    expect(describeNetworkError(new errors.HeadersOverflowError())).toMatchObject({ reason: 'too_large' });
  });

  it('knows our own refusal, and survives anything', () => {
    const blocked = new BlockedAddressError('inside.example', 'private');
    expect(describeNetworkError(blocked)).toEqual({ reason: 'blocked_address', detail: blocked.message });
    for (const thrown of [undefined, null, 'text', 7]) {
      expect(describeNetworkError(thrown)).toEqual({ reason: 'protocol', detail: String(thrown) });
    }
    expect(describeNetworkError(new Error('x'.repeat(5_000))).detail).toHaveLength(200);
  });
});
