/**
 * A table of programs that start others though nothing in their arguments says so, judged by their names. It is used
 * where an allowlist is made of the config of an image alone.
 * @module
 */
import { baseName } from '../model/paths.ts';
import { isLauncher } from './started-programs.ts';

/** Package managers and what is installed with them: scripts that begin with `#!/usr/bin/env`. */
const PACKAGED =
  'npm npx pnpm pnpx yarn yarnpkg corepack nodemon pm2 pm2-runtime pm2-docker ts-node tsx next nest vite serve http-server json-server node-red bundle bundler gem irb rails rake puma composer conda mamba poetry pipenv uv jupyter jupyterhub mvn mvnw gradle gradlew sbt ant make';

/** Scripts and wrappers that start a server. */
const WRAPPERS =
  'apachectl apache2ctl apache2-foreground httpd-foreground mysqld_safe mariadbd-safe pg_ctl rabbitmq-server elasticsearch opensearch kibana logstash solr cassandra neo4j activemq pilot-agent start_runit';

/** Programs that call others at work, such as iptables, git or a proxy. */
const CALLERS =
  'flanneld kube-proxy kube-router nginx-ingress-controller cilium-agent calico-node containerd dockerd crio kubelet buildkitd gitlab-runner argocd-repo-server terraform atlantis renovate gitea forgejo gogs sshd ansible ansible-playbook';

const STARTERS: ReadonlySet<string> = new Set(
  [PACKAGED, WRAPPERS, CALLERS].flatMap((names) => names.split(' ')),
);

/** File names of scripts, whose interpreter is another program. */
const SCRIPT = /\.(py|rb|js|mjs|cjs|ts|pl|php|lua|tcl|r)$/i;
/** File names that are mostly those of scripts: one of these words at the end, or at the beginning before others. */
const WRAPPER =
  /(^|[-_.])(entrypoint|foreground|wrapper|launcher|startup|bootstrap|run|start|init)$|^(entrypoint|launch|run|start)[-_.]/i;
/** Where Gradle puts the start scripts of applications. */
const START_SCRIPT = /\/build\/install\/[^/]+\/bin\/[^/]+$/;

/**
 * Whether a program probably starts others.
 *
 * @param program Its name, or a path of it.
 *
 * @example
 * mayStartOthers('docker-php-entrypoint'); // => true
 * mayStartOthers('/usr/sbin/nginx'); // => false
 */
export function mayStartOthers(program: string): boolean {
  const name = baseName(program);
  return (
    isLauncher(name) ||
    STARTERS.has(name) ||
    SCRIPT.test(name) ||
    WRAPPER.test(name) ||
    START_SCRIPT.test(program)
  );
}
