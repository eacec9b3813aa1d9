import { fullLink, hostName, linkOnHost } from './campaign-link';
import { testId } from './testing/facts';

const [own, other] = [testId('wsp', 1), testId('wsp', 2)];

describe('linkOnHost', () => {
  it.each([
    ['a short link anywhere', 'go', null, 'go'],
    ['a full link anywhere', fullLink(other, 'go'), null, fullLink(other, 'go')],
    ['a short link on a host of its own', 'go', own, fullLink(own, 'go')],
    ['a full link on a host of its own', fullLink(own, 'go'), own, fullLink(own, 'go')],
    ['a full link of another on it', fullLink(other, 'go'), own, null],
  ])('%s', (_what, link, owner, meant) => {
    expect(linkOnHost(link, owner)).toBe(meant);
  });
});

describe('hostName', () => {
  it.each([
    ['go.casino.example', 'go.casino.example'],
    ['GO.Casino.Example:8443', 'go.casino.example'],
    [' go.casino.example. ', 'go.casino.example'],
    ['localhost', 'localhost'],
    ['127.0.0.1:8080', '127.0.0.1'],
    ['', null],
    ['[::1]:80', null],
    ['-x.example', null],
    ['a b', null],
    ['go.example/c', null],
    ['user@go.example', null],
    ['a'.repeat(254), null],
  ])('%j is %j', (text, name) => {
    expect(hostName(text)).toBe(name);
  });
});
