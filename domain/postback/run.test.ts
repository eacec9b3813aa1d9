import { runOfWorkflow } from './run';

describe('runOfWorkflow', () => {
  it.each([
    ['postback:wsp_1:pbk_1:0', 0],
    ['postback:wsp_1:pbk_1:12', 12],
    ['click:wsp_1:clk_1', 0],
    ['player:wsp_1:ply_1', 0],
    ['event:wsp_1:evt_1', 0],
    ['event:postback:evt:7', 0],
    ['test', 0],
  ])('%s works on run %i', (workflowId, run) => {
    expect(runOfWorkflow(workflowId)).toBe(run);
  });
});
