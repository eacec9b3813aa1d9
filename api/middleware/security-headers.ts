import helmet from 'helmet';

/**
 * For answers that are data: nothing may be loaded, framed or sniffed. A page that needs more states its own
 * policy. HSTS is left to the proxy that terminates TLS, because this process cannot know whether one exists.
 */
export const securityHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  referrerPolicy: { policy: 'no-referrer' },
  strictTransportSecurity: false,
});
