const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tracewright API</title>
<link rel="icon" href="/favicon.ico">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="stylesheet" href="/docs/theme.css">
</head>
<body>
<noscript>This page needs JavaScript. The document it shows is at <a href="/openapi.json">/openapi.json</a>.</noscript>
<div id="docs"></div>
<script src="/docs/swagger-ui.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const START = `const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
follow();
dark.addEventListener('change', follow);
SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: -1,
  defaultModelExpandDepth: 0,
  defaultModelRendering: 'example',
  filter: true,
  persistAuthorization: true,
});
`;

/** Colours with a contrast of 4.5 and more (WCAG 2.2, 1.4.3), and error answers of no more height than they need. */
const THEME = `
.swagger-ui .opblock.opblock-get .opblock-summary-method { background: #1f5fa8; }
.swagger-ui .opblock.opblock-post .opblock-summary-method { background: #1b7045; }
.swagger-ui .opblock.opblock-put .opblock-summary-method { background: #8f5300; }
.swagger-ui .opblock.opblock-delete .opblock-summary-method { background: #b3261e; }
.swagger-ui .btn.authorize { border-color: #1b7045; color: #1b7045; }
.swagger-ui .btn.authorize svg { fill: #1b7045; }
.swagger-ui .btn.execute { background: #1f5fa8; border-color: #1f5fa8; }
.swagger-ui .info a, .swagger-ui a.nostyle.link, .swagger-ui .markdown a, .swagger-ui .renderedMarkdown a,
.swagger-ui .info .link, .swagger-ui .opblock-tag small a { color: #1f5fa8; }
.swagger-ui .info .title small { background: #4f5560; }
.swagger-ui .info .title small.version-stamp { background: #1b7045; }
.swagger-ui .opblock-tag small, .swagger-ui .opblock .opblock-summary-description { color: #3b4151; }
.swagger-ui .responses-table .response .highlight-code, .swagger-ui .responses-table .example.microlight {
  max-height: 16rem; overflow: auto;
}
html.dark-mode .swagger-ui .info a, html.dark-mode .swagger-ui a.nostyle.link,
html.dark-mode .swagger-ui .markdown a, html.dark-mode .swagger-ui .renderedMarkdown a { color: #8ab8f0; }
html.dark-mode .swagger-ui .btn.authorize { border-color: #6fd6a0; color: #6fd6a0; }
html.dark-mode .swagger-ui .btn.authorize svg { fill: #6fd6a0; }
html.dark-mode .swagger-ui .opblock-tag small,
html.dark-mode .swagger-ui .opblock .opblock-summary-description { color: #d5d8da; }
@media (max-width: 40rem) {
  .swagger-ui .wrapper { padding: 0 0.5rem; }
  .swagger-ui .responses-table, .swagger-ui .responses-table tbody, .swagger-ui .responses-table tr,
  .swagger-ui .responses-table td { display: block; width: 100%; min-width: 0; }
  .swagger-ui .responses-table thead { display: none; }
}
`;

/** Nobody's trademark: a trace that is cut off. */
const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#1b7045"/><path d="M2 9h3l2-5 2 8 1-3h1" fill="none" stroke="#fff" stroke-width="1.5"/><path d="M13 5v7" stroke="#fff" stroke-width="1.5"/></svg>
`;

/** What the documentation page is made of besides {@link DOCS_ASSETS}, by path. Nothing on it comes from another host. */
export const DOCS: Readonly<Record<string, { readonly type: string; readonly content: string }>> = {
  '/docs': { type: 'text/html; charset=utf-8', content: PAGE },
  '/docs/theme.css': { type: 'text/css; charset=utf-8', content: THEME },
  '/favicon.ico': { type: 'image/svg+xml', content: ICON },
  '/docs/start.js': { type: 'text/javascript; charset=utf-8', content: START },
};

/** The files of Swagger UI, which are served from `assets/` (src/cli/build-assets.ts), with their media types. */
export const DOCS_ASSETS: Readonly<Record<string, string>> = {
  '/docs/swagger-ui.js': 'text/javascript; charset=utf-8',
  '/docs/swagger-ui.css': 'text/css; charset=utf-8',
};

/** Lets the page load its own files and call this API, and nothing else. */
export const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
