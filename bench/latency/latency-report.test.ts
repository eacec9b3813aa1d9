import { idFromUuid } from '../../domain/ids';
import type { Shot } from '../load/open-loop';
import { type Measurement, reportLatency } from './latency-report';
import { latencyLines } from './latency-text';

const surroundings = {
  cores: 2,
  processor: 'a processor',
  load: 0.4,
  fdatasync: { count: 200, p50: 130, p90: 200, p95: 250, p99: 400, max: 900 },
  node: '20.20.2',
  postgres: '18.4',
  temporal: '1.29.1',
};
const conditions = { ratePerSecond: 10, seconds: 2, warmUpSeconds: 1, surroundings };

const clickId = (index: number) =>
  idFromUuid('clk', `01890a5d-ac96-7cc0-8000-${String(index).padStart(12, '0')}`);

/** Sent on time, acknowledged after 10 ms. */
function shot(index: number, fields: Partial<Shot<unknown>> = {}): Shot<unknown> {
  const intendedMs = index * 100;
  const result = { ok: true as const, value: undefined };
  return { index, intendedMs, sentMs: intendedMs, doneMs: intendedMs + 10, result, ...fields };
}

/** Ten shots to warm up and twenty that count; each postback comes 50 ms after its acknowledgement. */
function measurement(fields: Partial<Measurement> = {}): Measurement {
  const shots = Array.from({ length: 30 }, (_, index) => shot(index));
  return {
    shots,
    clickIds: shots.map(({ index }) => clickId(index)),
    warmUpShots: 10,
    arrivals: new Map(shots.map(({ index, doneMs }) => [clickId(index), [doneMs + 50]])),
    steps: [],
    clockOriginMs: 1_000_000,
    ...fields,
  };
}

describe('reportLatency', () => {
  it('counts and measures what comes after the warm-up', () => {
    const shots = measurement().shots.map((one) => (one.index < 10 ? { ...one, doneMs: 9_999 } : one));
    const report = reportLatency(measurement({ shots }), conditions);
    expect(report.counts).toEqual({ sent: 20, acknowledged: 20, received: 20, missing: 0, doubled: 0 });
    expect(report.latency).toMatchObject({
      sentToAcknowledged: { count: 20, p50: 10, max: 10 },
      intendedToAcknowledged: { p50: 10, max: 10 },
      acknowledgedToReceived: { p50: 50, max: 50 },
      intendedToReceived: { p50: 60, max: 60 },
    });
    expect(Object.values(report.targets).map(({ met }) => met)).toEqual([true, true, true]);
  });

  it('charges a late generator to the intended times, and says that it was late', () => {
    const shots = measurement().shots.map((one) =>
      one.index === 20 ? { ...one, sentMs: one.intendedMs + 80, doneMs: one.intendedMs + 90 } : one,
    );
    const { latency, generator } = reportLatency(measurement({ shots }), conditions);
    expect(latency.sentToAcknowledged?.max).toBe(10);
    expect(latency.intendedToAcknowledged?.max).toBe(90);
    expect(generator).toMatchObject({ lag: { p50: 0, max: 80 }, keptSchedule: false });
  });

  it('tells a refusal, a missing postback and a doubled one apart', () => {
    const shots = measurement().shots.map((one) =>
      one.index === 11 ? { ...one, result: { ok: false as const, error: new Error('503') } } : one,
    );
    const arrivals = new Map(measurement().arrivals);
    arrivals.delete(clickId(11));
    arrivals.delete(clickId(12));
    arrivals.set(clickId(13), [1_400, 1_500]);
    const report = reportLatency(measurement({ shots, arrivals }), conditions);
    expect(report.counts).toEqual({ sent: 20, acknowledged: 19, received: 18, missing: 1, doubled: 1 });
    expect(report.targets.missing).toEqual({ wanted: 0, got: 1, met: false });
  });

  it('meets no latency target when nothing arrived', () => {
    const { targets, latency } = reportLatency(measurement({ arrivals: new Map() }), conditions);
    expect(latency.acknowledgedToReceived).toBeNull();
    expect(targets.acknowledgedToReceivedP50).toEqual({ wanted: 150, got: null, met: false });
  });

  it('splits the way by the times of the tables, on one clock with the arrival', () => {
    const receivedAtMs = 1_000_000 + 2_000;
    const steps = [
      {
        clickId: clickId(20),
        receivedAtMs,
        assessedAtMs: receivedAtMs + 20,
        settledAtMs: receivedAtMs + 30,
        attemptedAtMs: receivedAtMs + 55,
      },
    ];
    expect(reportLatency(measurement({ steps }), conditions).steps).toMatchObject({
      receivedToAssessed: { count: 1, p50: 20 },
      assessedToSettled: { p50: 10 },
      settledToAttempt: { p50: 25 },
      attemptToSink: { p50: 5 },
    });
  });
});

describe('latencyLines', () => {
  it('states conditions, counts, spreads and verdicts', () => {
    const text = latencyLines(reportLatency(measurement(), conditions)).join('\n');
    expect(text).toContain('open loop at 10/s for 2 s after 1 s of warm-up');
    expect(text).toContain(
      '2 cores (a processor), load 0.4 before it, fdatasync 130 µs (p99 400); Node 20.20.2, Postgres 18.4, Temporal 1.29.1',
    );
    expect(text).toContain('20 sent · 20 acknowledged · 20 received · 0 missing · 0 doubled');
    expect(text).toMatch(/acknowledged → received +50\.0 +50\.0 +50\.0 +50\.0 +50\.0\n/);
    expect(text).toContain('The generator kept its schedule: p99 0 ms late, at worst 0 ms.');
    expect(text).toContain('PASS  acknowledged → received, p99 in ms: 50, wanted at most 1000');
    expect(text).not.toContain('busy');
  });

  it('warns when others were in the way, and shows a missed target', () => {
    const arrivals = new Map(
      measurement().shots.map(({ index, doneMs }) => [clickId(index), [doneMs + 1_200]]),
    );
    const busy = { ...conditions, surroundings: { ...surroundings, load: 3 } };
    const text = latencyLines(reportLatency(measurement({ arrivals }), busy)).join('\n');
    expect(text).toContain('The machine was busy with something else');
    expect(text).toContain('FAIL  acknowledged → received, p50 in ms: 1200, wanted at most 150');
  });
});
