import { request } from 'undici';
import { startPostbackSink } from './postback-sink';

describe('the sink of a measurement', () => {
  it('notes when each click’s postback came, also for the second time', async () => {
    const sink = await startPostbackSink(0);
    const beforeMs = performance.now();
    for (const clickId of ['clk_a', 'clk_b', 'clk_a']) {
      const { statusCode, body } = await request(`${sink.baseUrl}/run?click_id=${clickId}&payout=40.00`);
      await body.dump();
      expect(statusCode).toBe(200);
    }
    await sink.close();
    expect([...sink.arrivals.keys()]).toEqual(['clk_a', 'clk_b']);
    const [first = 0, second = 0] = sink.arrivals.get('clk_a') ?? [];
    expect(first).toBeGreaterThanOrEqual(beforeMs);
    expect(second).toBeGreaterThan(first);
  });

  it('fails when somebody else listens on its port', async () => {
    const sink = await startPostbackSink(0);
    const { port } = new URL(sink.baseUrl);
    await expect(startPostbackSink(Number(port))).rejects.toThrow(/EADDRINUSE/);
    await sink.close();
  });
});
