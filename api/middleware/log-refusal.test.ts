import { describeBody } from './log-refusal';

describe('describeBody', () => {
  it('shows what the event was and masks everything that could name a person', () => {
    const body = {
      eventId: 'e-1',
      amount: '49.90',
      playerId: 'jane@example.com',
      email: 'jane@example.com',
      custom: { phone: '123' },
      transaction_id: 't-1',
    };
    const described = describeBody(body, Buffer.from(JSON.stringify(body)));
    expect(described).toMatchObject({
      bytes: JSON.stringify(body).length,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      fields: {
        eventId: 'e-1',
        amount: '49.90',
        playerId: '[string]',
        email: '[string]',
        custom: '[object]',
        transaction_id: 't-1',
      },
    });
    expect(JSON.stringify(described)).not.toMatch(/jane|123/);
  });

  it('shows of an unreadable body only its shape', () => {
    const described = describeBody(Buffer.from('{"email":"jane@example.com\u001b[31m", 12'), undefined);
    expect(described).not.toHaveProperty('fields');
    expect(describeBody(undefined, Buffer.from('{"email":"jane1@x\u001b", 12'))).toMatchObject({
      shape: '{"a":"a0@a", 00',
    });
  });
});
