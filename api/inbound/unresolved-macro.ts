const NAME = '[A-Za-z_][A-Za-z0-9_.:-]{0,39}';

const ANYWHERE = new RegExp(`\\$?\\{\\{?\\s*${NAME}\\s*\\}|\\[[A-Z][A-Z0-9_]{2,39}\\]`);
// Random ids in base64url may hold two underscores, and names of creatives hold brackets: only as the whole value.
const WHOLE = new RegExp(`^(?:\\[${NAME}\\]|<${NAME}>|##?${NAME}##?|%${NAME}%|__${NAME}__)$`);
const GUID_IN_BRACES = /^\{[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}$/i;

/**
 * Whether a value still shows a tracker's placeholder that nobody filled in: `{clickid}`, `{{x}}`, `${x}`,
 * `[CLICK_ID]`, `__CLICKID__`, `##X##`, `%x%` or `<x>`, also percent-encoded. Stored as an id it would make
 * strangers equal.
 */
export function isUnresolvedMacro(text: string): boolean {
  return [text, percentDecoded(text)].some(
    (form) => (ANYWHERE.test(form) || WHOLE.test(form)) && !GUID_IN_BRACES.test(form),
  );
}

function percentDecoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
