/** The two pages that the click path can show. They fetch nothing, so they work while everything else is away. */

export const RETRY_AFTER_SECONDS = 2;

/** Loads itself again, so that a visitor who waits gets through without doing anything. */
export const RETRY_PAGE = page(
  'One moment',
  'This takes a little longer than usual. The page loads again by itself.',
  `<meta http-equiv="refresh" content="${RETRY_AFTER_SECONDS}">`,
);

export const UNKNOWN_CAMPAIGN_PAGE = page('Not found', 'This link leads nowhere.');

function page(title: string, text: string, head = ''): string {
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8">${head}` +
    `<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">` +
    `<title>${title}</title></head><body><h1>${title}</h1><p>${text}</p></body></html>`
  );
}
