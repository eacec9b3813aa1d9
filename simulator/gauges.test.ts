import { gaugeValue } from './gauges';

const metrics = `# HELP clickchain_outbox_depth Rows waiting
# TYPE clickchain_outbox_depth gauge
clickchain_outbox_depth{kind="click",lane="a b"} 2
clickchain_outbox_depth{kind="event"} 1
clickchain_outbox_depth_max 9
clickchain_events_unhandled 0
`;

describe('gauges in Prometheus text', () => {
  it('adds the series of one name up', () => {
    expect(gaugeValue(metrics, 'clickchain_outbox_depth')).toBe(3);
    expect(gaugeValue(metrics, 'clickchain_events_unhandled')).toBe(0);
    expect(gaugeValue(metrics, 'clickchain_other')).toBeNull();
  });
});
