/** Does what only tells: whatever fails in it, what serves goes on. */
export function quietly(tell: () => void): void {
  try {
    tell();
  } catch {
    // A full disk, a terminal that was closed. Who could be told?
  }
}
