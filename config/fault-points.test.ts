import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { armFaultPoints, FAULT_POINTS, faultPoint } from './fault-points';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fault-points-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('fault points', () => {
  it('do nothing in a process that nobody armed, whatever lies in a folder', () => {
    writeFileSync(join(folder, 'click-before-insert'), '');
    armFaultPoints(null, () => {
      throw new Error('died');
    });
    for (const point of FAULT_POINTS) faultPoint(point);
    expect(readdirSync(folder)).toEqual(['click-before-insert']);
  });

  it('kill once for each arming, and only at the point that is armed', () => {
    let deaths = 0;
    armFaultPoints(folder, () => {
      deaths += 1;
    });
    faultPoint('event-after-commit');
    expect(deaths).toBe(0);
    writeFileSync(join(folder, 'event-after-commit'), '');
    faultPoint('event-before-insert');
    expect(deaths).toBe(0);
    faultPoint('event-after-commit');
    faultPoint('event-after-commit');
    expect(deaths).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
  });
});
