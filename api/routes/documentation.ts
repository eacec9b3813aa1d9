import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Router } from 'express';
import type { ApiDeps } from '../deps';
import { openApiDocument } from '../openapi';

/**
 * The viewer's script: beside the compiled product, where the build puts it, else among the development
 * dependencies, as in tests and in a run from source.
 */
const VIEWER_PLACES = [
  join(__dirname, '..', '..', 'assets', 'redoc.standalone.js'),
  join(__dirname, '..', '..', 'node_modules', 'redoc', 'bundles', 'redoc.standalone.js'),
];

/** Exactly what the viewer needs: its own script and document, the styles it makes, no other host, no frame. */
const VIEWER_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Clickchain API</title>
<style>body { margin: 0 }</style>
</head>
<body>
<redoc spec-url="/openapi.json" disable-search="true" hide-download-button="true"></redoc>
<script src="/docs/redoc.js"></script>
</body>
</html>
`;

/** `/openapi.json` and a page to read it. Public: the contract is no secret. */
export function documentationRoutes(_deps: ApiDeps): Router {
  const router = Router();
  const document = JSON.stringify(openApiDocument());
  const viewer = VIEWER_PLACES.find((path) => existsSync(path));

  router.get('/openapi.json', (_req, res) => {
    res.type('application/json').send(document);
  });

  // The address that `npm start` prints, and the first that a newcomer opens.
  router.get('/', (_req, res) => {
    res.redirect('/docs');
  });

  router.get('/docs', (_req, res) => {
    res.set('content-security-policy', VIEWER_POLICY).type('html').send(PAGE);
  });

  if (viewer !== undefined) {
    router.get('/docs/redoc.js', (_req, res) => {
      res.sendFile(viewer, { maxAge: '1h', dotfiles: 'allow' });
    });
  }

  return router;
}
