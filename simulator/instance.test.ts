import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findInstance } from './instance';

const written = {
  apiUrl: 'http://127.0.0.1:8080/',
  docsUrl: 'http://127.0.0.1:8080/docs',
  temporalUiUrl: 'http://127.0.0.1:8233',
  adminKey: 'key',
  sinkPort: 8090,
};

describe('finding the instance', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'clickchain-simulator-'));
  });
  afterEach(() => rm(dataDir, { recursive: true }));
  const write = (text: string) => writeFile(path.join(dataDir, 'instance.json'), text);

  it('reads what the start wrote', async () => {
    await write(JSON.stringify(written));
    const instance = { ...written, apiUrl: 'http://127.0.0.1:8080', temporalNamespace: 'default' };
    expect(await findInstance({ dataDir })).toEqual({ found: true, instance });
  });

  it('asks for a key when the folder knows none', async () => {
    await write(JSON.stringify({ ...written, adminKey: null }));
    expect(await findInstance({ dataDir })).toMatchObject({ advice: expect.stringContaining('--admin-key') });
    expect(await findInstance({ dataDir, adminKey: 'k' })).toMatchObject({ instance: { adminKey: 'k' } });
  });

  it('lets the caller name another address and key', async () => {
    await write(JSON.stringify(written));
    const found = await findInstance({ dataDir, url: 'http://127.0.0.1:9/', adminKey: 'other' });
    expect(found).toMatchObject({
      instance: { apiUrl: 'http://127.0.0.1:9', adminKey: 'other', sinkPort: 8090 },
    });
  });

  it('needs no file when both are named', async () => {
    const found = await findInstance({ dataDir, url: 'http://127.0.0.1:9', adminKey: 'other' });
    expect(found).toMatchObject({ found: true, instance: { temporalUiUrl: null, sinkPort: 8090 } });
  });

  it.each([
    ['nothing', null],
    ['no JSON', '{'],
    ['no address', '{"adminKey":"x"}'],
  ])('says what to do when there is %s', async (_, text) => {
    if (text !== null) await write(text);
    const found = await findInstance({ dataDir });
    expect(found).toMatchObject({ found: false, advice: expect.stringMatching(/instance\.json.*npm start/) });
  });
});
