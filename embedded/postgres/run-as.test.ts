import { decideRunAs, mayEnter, parsePasswd } from './run-as';

const passwd = `root:x:0:0:root:/root:/bin/bash
broken line
postgres:x:101:104::/var/lib/postgresql:/bin/bash
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
dev:x:1000:1000::/home/dev:/bin/bash`;
const withoutPostgres = passwd.replace('postgres:', 'pgsql:');

describe('decideRunAs', () => {
  it.each([
    ['a normal user', { uid: 1000, passwd, clusterOwnerUid: null }, 'self'],
    ['a system without uids', { uid: null, passwd: '', clusterOwnerUid: null }, 'self'],
    ['root', { uid: 0, passwd, clusterOwnerUid: null }, 'postgres'],
    ['root without a user postgres', { uid: 0, passwd: withoutPostgres, clusterOwnerUid: null }, 'nobody'],
    ['root on data that a user made', { uid: 0, passwd, clusterOwnerUid: 1000 }, 'dev'],
    ['root on data of an unknown user', { uid: 0, passwd, clusterOwnerUid: 4711 }, 'postgres'],
  ])('%s', (_who, input, expected) => {
    const runAs = decideRunAs(input);
    expect(runAs.kind === 'self' ? 'self' : runAs.user.name).toBe(expected);
  });

  it('tells root what to do when there is nobody to lend', () => {
    expect(() => decideRunAs({ uid: 0, passwd: 'root:x:0:0::/root:/bin/sh', clusterOwnerUid: null })).toThrow(
      /neither a user `postgres` nor `nobody`.*DATABASE_URL/,
    );
  });
});

describe('mayEnter', () => {
  const [, postgres] = parsePasswd(passwd);
  const folder = (mode: number, uid = 0, gid = 0) => ({ mode: 0o40000 | mode, uid, gid });
  it.each([
    ['folders open to all', [folder(0o755), folder(0o755)], true],
    ['one that may be passed but not listed', [folder(0o711)], true],
    ['a closed home above an open folder', [folder(0o755), folder(0o700)], false],
    ['its own closed folder', [folder(0o700, 101)], true],
    ['a folder of its group', [folder(0o750, 0, 104)], true],
    ['a folder closed to its group but open to all others', [folder(0o705, 0, 104)], false],
    ['a folder closed to itself but open to others', [folder(0o077, 101)], false],
  ])('%s', (_what, folders, expected) => {
    expect(postgres !== undefined && mayEnter(postgres, folders)).toBe(expected);
  });
});
