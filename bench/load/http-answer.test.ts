import { acknowledgedClick, answerIn } from './http-answer';

const CLICK = 'clk_01jd4c9zt0e1r8vv0000000000';
const redirectTo = (location: string) => `HTTP/1.1 302 Found\r\nlocation: ${location}\r\n`;

describe('answerIn', () => {
  it.each([
    ['with a length', 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\nno', 503],
    ['with an empty body', 'HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n', 302],
    ['in chunks', 'HTTP/1.1 302 Found\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 302],
    ['with a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n', 200],
  ])('takes an answer %s only when the last byte is there', (_what, text, status) => {
    expect(answerIn(text)).toEqual({ status, text });
    for (let length = 0; length < text.length; length += 1)
      expect(answerIn(text.slice(0, length))).toBeNull();
  });
});

describe('acknowledgedClick', () => {
  it('reads the id of the redirect', () => {
    const text = redirectTo(`https://casino.example/go?cid=${CLICK}`);
    expect(acknowledgedClick({ status: 302, text })).toBe(CLICK);
  });

  it.each([
    ['a redirect without an id', 302, redirectTo('https://casino.example/go?cid=')],
    ['a refusal that names one', 503, redirectTo(`https://casino.example/go?cid=${CLICK}`)],
  ])('is none for %s', (_what, status, text) => {
    expect(acknowledgedClick({ status, text })).toBeNull();
  });
});
