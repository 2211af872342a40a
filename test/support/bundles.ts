/** A Deployment as charts render it, with two containers; its pods ask for nothing. */
export function deploymentText(number: number): string {
  const container = (name: string): string => `
        - name: ${name}
          image: registry.example/team/${name}-${number}:1.4.2
          command: [/usr/bin/${name}, --port, "8080"]
          args: ["--config", "/etc/service/config.yaml", "--log-level=info"]
          env:
            - name: POD_NAME
              valueFrom: {fieldRef: {fieldPath: metadata.name}}
            - {name: DATABASE_URL, value: "postgres://db:5432/service"}
          ports:
            - {name: ${name}, containerPort: 8080}
          resources:
            requests: {cpu: 100m, memory: 128Mi}
            limits: {cpu: "1", memory: 256Mi}
          livenessProbe:
            httpGet: {path: /healthz, port: ${name}}
            initialDelaySeconds: 5
            periodSeconds: 10
          readinessProbe:
            exec: {command: [/usr/bin/health, --ready]}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            runAsNonRoot: true
            runAsUser: 10001
            capabilities: {drop: [ALL]}
            seccompProfile: {type: RuntimeDefault}
          volumeMounts:
            - {name: config, mountPath: /etc/service}
            - {name: tmp, mountPath: /tmp}`;
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: service-${number}
  namespace: team-${number % 20}
  labels:
    app.kubernetes.io/name: service-${number}
    app.kubernetes.io/instance: service-${number}
    app.kubernetes.io/managed-by: Helm
spec:
  replicas: 2
  selector:
    matchLabels:
      app.kubernetes.io/name: service-${number}
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: service-${number}
      annotations:
        checksum/config: 0123456789abcdef0123456789abcdef
    spec:
      serviceAccountName: service-${number}
      automountServiceAccountToken: false
      securityContext: {fsGroup: 2000, runAsGroup: 2000}
      containers:${container('web')}${container('agent')}
      volumes:
        - name: config
          configMap: {name: service-${number}}
        - {name: tmp, emptyDir: {}}
`;
}

/** A ConfigMap with a text of about so many characters. */
function configMapText(number: number, length: number): string {
  const line =
    '    "datasource": {"uid": "$datasource"}, "expr": "sum(rate(requests_total{job=\\"a\\"}[5m]))",\n';
  const lines = line.repeat(Math.ceil(length / line.length));
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: dashboard-${number}\n  namespace: monitoring\ndata:\n  board.json: |-\n${lines}`;
}

/** A CustomResourceDefinition of about so many characters. */
function definitionText(number: number, length: number): string {
  const field = (name: number): string => `            field${name}:
              description: |-
                The name of the field number ${name}, which is described at some length here
                because real definitions are generated from comments.
              properties:
                containers:
                  items: {type: string}
                  type: array
              required:
              - containers
              type: object
`;
  const count = Math.ceil(length / field(100).length);
  return `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things${number}.example.com
spec:
  group: example.com
  names: {kind: Thing${number}, plural: things${number}, singular: thing${number}}
  scope: Namespaced
  versions:
  - name: v1
    schema:
      openAPIV3Schema:
        properties:
          spec:
            properties:
${Array.from({ length: count }, (_, name) => field(name)).join('')}            type: object
        type: object
    served: true
    storage: true
`;
}

/** The documents of a bundle of about so many characters in all, with so many workloads. */
export function bundleDocuments(length: number, workloads: number): string[] {
  const documents = Array.from({ length: workloads }, (_, number) => deploymentText(number));
  let size = documents.reduce((sum, document) => sum + document.length, 0);
  for (let number = 0; size < length - 200_000; number += 1) {
    const document = number % 2 === 0 ? definitionText(number, 150_000) : configMapText(number, 40_000);
    documents.push(document);
    size += document.length;
  }
  return documents;
}

/** A bundle as Helm renders it. */
export function bundleText(length: number, workloads: number): string {
  return bundleDocuments(length, workloads)
    .map((document) => `---\n# Source: platform/templates/objects.yaml\n${document}`)
    .join('');
}
