import request from 'supertest';
import { DAY_MS } from '../../domain/time';
import { insertApiKey } from '../../testing/builders/insert-api-key';
import { type IngestFixture, startIngest } from '../../testing/ingest-fixture';

let fixture: IngestFixture;
beforeAll(async () => {
  fixture = await startIngest();
});
afterAll(() => fixture.stop());

function create(path: string, body: object, idempotencyKey: string, key = fixture.adminKey): request.Test {
  return request(fixture.app)
    .post(path)
    .set('authorization', `Bearer ${key}`)
    .set('idempotency-key', idempotencyKey)
    .send(body);
}

async function countOffers(name: string): Promise<number> {
  const rows: unknown[] = await fixture.deps.db('offers').where({ name });
  return rows.length;
}

const offer = (name: string) => ({ name, landingUrl: 'https://casino.example/' });

describe('an Idempotency-Key', () => {
  it('gives a repeated request the first answer, secrets included, and stores no secret in the clear', async () => {
    const body = { name: 'Casino', kind: 'gaming' };
    const first = await create('/v1/sources', body, 'k-source').expect(201);
    const again = await create('/v1/sources', body, 'k-source').expect(201);
    expect(again.body).toEqual(first.body);
    expect(again.headers.location).toBe(first.headers.location);
    const stored: unknown[] = await fixture.deps.db('idempotency_keys');
    expect(JSON.stringify(stored)).not.toContain(first.body.key);
    expect(JSON.stringify(stored)).not.toContain(first.body.secret);
  });

  it('makes one effect of twenty requests at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => create('/v1/offers', offer('once'), 'k-many')),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => body.offerId)).size).toBe(1);
    expect(await countOffers('once')).toBe(1);
  });

  it('refuses another body', async () => {
    await create('/v1/offers', offer('first'), 'k-body').expect(201);
    const other = await create('/v1/offers', offer('second'), 'k-body');
    expect(other.status).toBe(409);
    expect(other.body.code).toBe('idempotency_conflict');
    expect(await countOffers('second')).toBe(0);
  });

  it('belongs to one API key and one path', async () => {
    const lesser = await insertApiKey(fixture.deps.db, {
      workspaceId: fixture.workspaceId,
      scopes: ['setup:write'],
    });
    await create('/v1/offers', offer('shared'), 'k-shared').expect(201);
    await create('/v1/offers', offer('shared'), 'k-shared', lesser).expect(201);
    await create('/v1/partners', { name: 'shared' }, 'k-shared').expect(201);
    await create('/v1/offers/', offer('shared'), 'k-shared').expect(201);
    expect(await countOffers('shared')).toBe(2);
  });

  it('is not used up by a refused request', async () => {
    await create('/v1/campaigns', { slug: 's', name: 'c', offerId: 'off_1' }, 'k-refused').expect(400);
    const { offerId } = (await create('/v1/offers', offer('for a campaign'), 'k-other').expect(201)).body;
    const body = { slug: 'taken', name: 'c', offerId };
    await create('/v1/campaigns', body, 'k-campaign').expect(201);
    await create('/v1/campaigns', body, 'k-refused').expect(409);
    const free = await create('/v1/campaigns', { ...body, slug: 'free' }, 'k-refused');
    expect(free.status).toBe(201);
  });

  it('is forgotten after a day, and its row goes', async () => {
    await create('/v1/offers', offer('daily'), 'k-day').expect(201);
    fixture.clock.set(fixture.clock.nowMs() + DAY_MS + 1);
    await create('/v1/offers', offer('daily'), 'k-day').expect(201);
    expect(await countOffers('daily')).toBe(2);
    for (const name of ['p1', 'p2', 'p3']) await create('/v1/offers', offer(name), `k-${name}`).expect(201);
    const left: { idempotency_key: string }[] = await fixture.deps.db('idempotency_keys');
    expect(left.map((row) => row.idempotency_key).sort()).toEqual(['k-day', 'k-p1', 'k-p2', 'k-p3']);
  });

  it.each([['two words'], ['x'.repeat(201)]])('is refused when it is %.20s', async (key) => {
    const answer = await create('/v1/offers', offer('bad key'), key);
    expect(answer.body).toMatchObject({ code: 'invalid_request', errors: [{ path: 'Idempotency-Key' }] });
  });
});
