/** The run of a replay's, a test's or an orphan's own workflow, at the end of its id `postback:…:<run>`. */
const OWN_WORKFLOW = /^postback:.*:(\d{1,9})$/;

/** The run of a postback that a workflow works on; the workflow that settled the event works on the first. */
export function runOfWorkflow(workflowId: string): number {
  return Number(OWN_WORKFLOW.exec(workflowId)?.[1] ?? 0);
}

const OF_WORKSPACE = /^[a-z]+:([^:]+):/;

/** The workspace that stands in the id of every workflow; the whole id for one of another form. */
export function workspaceOfWorkflow(workflowId: string): string {
  return OF_WORKSPACE.exec(workflowId)?.[1] ?? workflowId;
}
