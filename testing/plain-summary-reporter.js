/**
 * Prints the totals as one plain line of its own, `120 passed, 0 failed`, for readers that do not parse Jest's.
 * A test file that did not run at all counts as one failure: its tests are unknown, not absent.
 */
class PlainSummaryReporter {
  onRunComplete(_contexts, results) {
    // Jest appends its own summary after all reporters; at exit the line is the last, and easy to find.
    process.once('exit', () => process.stdout.write(`${plainSummary(results)}\n`));
  }
}

function plainSummary(results) {
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  const skipped = results.numPendingTests + results.numTodoTests;
  const line = `${results.numPassedTests} passed, ${failed} failed`;
  return skipped === 0 ? line : `${line}, ${skipped} skipped`;
}

module.exports = PlainSummaryReporter;
