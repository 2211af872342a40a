import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Call } from './load-client.ts';
import { serviceOf } from './sets/organisation.ts';

/** The media types of bodies and answers. */
export const JSON_TYPE = 'application/json';
export const YAML_TYPE = 'application/yaml';

/** The service of the README, as YAML and as JSON. */
export const README_SERVICE = {
  yaml: readFileSync('examples/api-server.yaml', 'utf8'),
  get json(): string {
    return JSON.stringify(parse(this.yaml));
  },
};

/** The same service with an image that was never built before. */
export function builtAnew(body: string, number: number): string {
  return body.replace('api-server:latest', `registry.example.org/api-server:build-${number}`);
}

/** A service of the organisation as YAML. It asks for two binaries, which its own policies permit. */
export function organisationBody(number: number, build: number): string {
  const { name, namespace, team } = serviceOf(number);
  return `apiVersion: lattice.dev/v1alpha1
kind: LatticeService
metadata:
  name: ${name}
  namespace: ${namespace}
  labels:
    app.kubernetes.io/name: ${name}
    app.kubernetes.io/part-of: ${team}
    tier: web
spec:
  workload:
    containers:
      app:
        image: registry.example.org/${team}/${name}:build-${build}
        command: [/usr/bin/${name}]
        securityContext:
          readOnlyRootFilesystem: true
          runAsNonRoot: true
          capabilities:
            drop: [ALL]
          allowedBinaries:
            - /usr/bin/curl
            - /opt/${name}/bin/migrate
`;
}

/** A Deployment of 3.6 KB as a Helm chart renders it: two containers, probes, resources, volumes. It asks for nothing. */
export function deploymentBody(build: number): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: checkout
  namespace: production
  labels:
    helm.sh/chart: checkout-4.12.0
    app.kubernetes.io/name: checkout
    app.kubernetes.io/instance: checkout-production
    app.kubernetes.io/version: "4.12.0"
    app.kubernetes.io/managed-by: Helm
spec:
  replicas: 3
  revisionHistoryLimit: 5
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  selector:
    matchLabels:
      app.kubernetes.io/name: checkout
      app.kubernetes.io/instance: checkout-production
  template:
    metadata:
      labels:
        app.kubernetes.io/name: checkout
        app.kubernetes.io/instance: checkout-production
        tier: web
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "9090"
    spec:
      serviceAccountName: checkout
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 45
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        runAsGroup: 10001
        fsGroup: 10001
        seccompProfile:
          type: RuntimeDefault
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: topology.kubernetes.io/zone
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              app.kubernetes.io/name: checkout
      containers:
        - name: checkout
          image: registry.example.org/shop/checkout:build-${build}
          imagePullPolicy: IfNotPresent
          command: [/usr/bin/checkout, serve]
          args:
            - --listen=:8080
            - --metrics=:9090
          ports:
            - name: http
              containerPort: 8080
            - name: metrics
              containerPort: 9090
          env:
            - name: LOG_LEVEL
              value: info
            - name: DATABASE_HOST
              value: orders-postgres.data.svc.cluster.local
            - name: DATABASE_PASSWORD
              valueFrom:
                secretKeyRef:
                  name: checkout-database
                  key: password
            - name: POD_NAME
              valueFrom:
                fieldRef:
                  fieldPath: metadata.name
          resources:
            requests:
              cpu: 250m
              memory: 256Mi
            limits:
              memory: 512Mi
          livenessProbe:
            httpGet:
              path: /livez
              port: http
            initialDelaySeconds: 10
            periodSeconds: 15
          readinessProbe:
            httpGet:
              path: /readyz
              port: http
            periodSeconds: 5
            failureThreshold: 3
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          volumeMounts:
            - name: config
              mountPath: /etc/checkout
              readOnly: true
            - name: scratch
              mountPath: /tmp
        - name: proxy
          image: registry.example.org/platform/proxy:1.31.2
          command: [/usr/bin/proxy, --config, /etc/proxy/proxy.yaml]
          ports:
            - name: https
              containerPort: 8443
          resources:
            requests:
              cpu: 50m
              memory: 64Mi
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
      volumes:
        - name: config
          configMap:
            name: checkout-config
        - name: scratch
          emptyDir: {}
`;
}

/** A request that posts a body. @param accept The media type that the caller asks for; JSON when it is left out. */
export function post(
  path: string,
  type: string,
  body: string,
  { accept, caller = {} }: { accept?: string; caller?: Readonly<Record<string, string>> } = {},
): Call {
  const headers = { 'content-type': type, ...(accept === undefined ? {} : { accept }), ...caller };
  return { method: 'POST', path, headers, body };
}
