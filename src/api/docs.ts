import styles from '../../node_modules/swagger-ui-dist/swagger-ui.css';
import script from '../../node_modules/swagger-ui-dist/swagger-ui-bundle.js';

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tracewright API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<noscript>This page needs JavaScript. The document it shows is at <a href="/openapi.json">/openapi.json</a>.</noscript>
<div id="docs"></div>
<script src="/docs/swagger-ui.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, defaultModelsExpandDepth: 0 });
`;

/** What the documentation page is made of, by path. Nothing on it comes from another host. */
export const DOCS: Readonly<Record<string, { readonly type: string; readonly content: string }>> = {
  '/docs': { type: 'text/html; charset=utf-8', content: PAGE },
  '/docs/start.js': { type: 'text/javascript; charset=utf-8', content: START },
  '/docs/swagger-ui.js': { type: 'text/javascript; charset=utf-8', content: script },
  '/docs/swagger-ui.css': { type: 'text/css; charset=utf-8', content: styles },
};

/** Lets the page load its own files and call this API, and nothing else. */
export const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
