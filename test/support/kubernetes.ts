type Fields = Readonly<Record<string, unknown>>;

/** A Deployment `shop/web` of one container `app`, with more of its pod and of its template's metadata. */
export function deployment(pod: Fields = {}, template: Fields = {}, more: Fields = {}): Fields {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' }, ...template },
        spec: { containers: [{ name: 'app', image: 'app:1', command: ['/bin/app'] }], ...pod },
      },
      ...more,
    },
  };
}

/** As {@link deployment}, with a single container `app` that has these fields. */
export function running(container: Fields, pod: Fields = {}, template: Fields = {}): Fields {
  return deployment({ containers: [{ name: 'app', image: 'app:1', ...container }], ...pod }, template);
}
