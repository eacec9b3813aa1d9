import { createOutput } from './output';

function record(isTTY: boolean) {
  let nowMs = 0;
  const written: string[] = [];
  const output = createOutput({ isTTY, write: (text) => written.push(text) }, () => nowMs);
  return { output, written, at: (ms: number) => (nowMs = ms) };
}

describe('progress', () => {
  it('stays silent for steps of less than two seconds', () => {
    const { output, written, at } = record(false);
    at(1_900);
    output.progress('working');
    expect(written).toEqual([]);
  });

  it('is a sparse line in a log', () => {
    const { output, written, at } = record(false);
    for (const ms of [2_000, 2_100, 6_900, 7_000]) {
      at(ms);
      output.progress('working');
    }
    expect(written).toEqual(['  … working (2 s)\n', '  … working (7 s)\n']);
  });

  it('is redrawn on a terminal and gone before the next line', () => {
    const { output, written, at } = record(true);
    at(3_000);
    output.progress('working');
    output.line('done');
    expect(written).toEqual(['\r\u001B[2K  … working (3 s)', '\r\u001B[2K', 'done\n']);
  });

  it('starts its two seconds anew with each step', () => {
    const { output, written, at } = record(false);
    at(3_000);
    output.stepDone();
    at(4_000);
    output.progress('next');
    expect(written).toEqual([]);
  });
});
