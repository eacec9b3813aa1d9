/**
 * Preloaded into every supervised child. When the supervisor dies, even by `kill -9`, the channel to it closes, and the
 * child ends as it would on SIGTERM: nobody would restart or stop it any more.
 */

// As long as the supervisor itself would wait.
const graceMs = 10_000;

process.once('disconnect', () => {
  setTimeout(() => process.exit(1), graceMs).unref();
  if (!process.emit('SIGTERM')) process.exit(0);
});
