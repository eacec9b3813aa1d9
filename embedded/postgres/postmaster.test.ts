import { parsePostmasterFile, servesCluster } from './postmaster';

const text = `4711
/data/.clickchain/postgres
1790000000
35603

127.0.0.1
  5432001    131072
ready   
`;

describe('parsePostmasterFile', () => {
  it('reads pid, folder, port and state', () => {
    const file = { pid: 4711, dataDir: '/data/.clickchain/postgres', port: 35603, ready: true };
    expect(parsePostmasterFile(text)).toEqual(file);
    expect(parsePostmasterFile(text.replace('ready   ', 'starting'))).toEqual({ ...file, ready: false });
  });

  it.each(['', 'x', '0\n', '-7\n/data'])('takes %j for no file', (content) => {
    expect(parsePostmasterFile(content)).toBeNull();
  });

  it('takes a file that is just being written for a server that is not ready', () => {
    expect(parsePostmasterFile('4711\n/data\n')).toEqual({
      pid: 4711,
      dataDir: '/data',
      port: 0,
      ready: false,
    });
  });
});

describe('servesCluster', () => {
  it.each([
    [['/x/bin/postgres', '-D', '/data/a', '-c', 'port=1'], true],
    [['/x/bin/postgres', '-D', '/data/ab'], false],
    [['postgres: checkpointer '], false],
    [['/usr/bin/vim', '-D', '/data/a'], false],
    [['/x/bin/initdb', '-D', '/data/a'], false],
    [[], false],
  ])('%j', (argv, expected) => {
    expect(servesCluster(argv, '/data/a')).toBe(expected);
  });
});
