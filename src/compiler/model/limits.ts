/**
 * Every bound on what one request may hold. They keep a request's cost proportional to its size, and
 * are far above what a real workload needs.
 */
export const LIMITS = {
  /** Bytes of a request body: 1 MiB. */
  bodyBytes: 1_048_576,
  /** Bytes of a body of workloads, or of the part `workloads` of a form: 16 MiB. */
  workloadBytes: 16 * 1_048_576,
  /** Bytes of a body with `content-encoding: gzip`, as it is sent: 4 MiB. Expanded, it has the limit of other bodies. */
  gzipBytes: 4 * 1_048_576,
  /** Bytes of all parts with configs of images of a form: 2 MiB. */
  imageBytes: 2 * 1_048_576,
  /** Bytes of a `multipart/form-data` body of workloads and configs of images: those of the parts, and their headers. */
  formBytes: 18 * 1_048_576 + 65_536,
  /** Parts of a `multipart/form-data` body. */
  parts: 100,
  /** Bytes of an AdmissionReview: an old and a new object of etcd's 1.5 MiB each, and what JSON adds to them. */
  admissionBytes: 4 * 1_048_576,
  /** Values in an AdmissionReview. */
  admissionNodes: 400_000,
  /** Bytes of the body that publishes a version: JSON escapes may make it longer than the version. */
  versionBodyBytes: 8 * 1_048_576,
  /** Bytes of a version's canonical content: 4 MiB. */
  versionBytes: 4 * 1_048_576,
  /** Policies of a version. */
  policies: 10_000,
  /** Depth of a policy's syntax tree: a bracket counts 3, an operator of a chain and a clause 1. */
  policyDepth: 128,
  /** Words, literals and signs of a policy, without comments. */
  policyParts: 16_384,
  /** Words, literals and signs of all policies of a version. */
  versionParts: 1_000_000,
  /** Characters of the patterns of `like` in a policy. */
  policyPatterns: 10_000,
  /** Characters of the patterns of `like` in all policies of a version. */
  versionPatterns: 500_000,
  /** Characters of a schema. */
  schemaLength: 32_768,
  /** How deep the brackets of a schema may be. */
  schemaDepth: 32,
  /** Types of a schema once each `type` is written out where it is used, and each declaration for all its names. */
  schemaTypes: 10_000,
  /** Entity types and actions of a schema. */
  schemaNames: 200,
  /** Kinds of requests of a schema: each action with each type of principal and of resource. */
  schemaRequests: 1_000,
  /** Words, literals and signs of all policies of a version, times the kinds of requests of its schema. */
  validation: 10_000_000,
  /** Entities of a version. */
  entities: 10_000,
  /** The longest way up through the parents of entities. */
  entityDepth: 32,
  /** Characters of the entities of a version, as JSON. */
  entityCharacters: 1_048_576,
  /** Ancestors of the entities of a version, each counted for every entity that is in it. */
  entityAncestors: 100_000,
  /** Test cases of a version. */
  tests: 1_000,
  /** Overrides of one test case. */
  testOverrides: 100,
  /** Characters of the unified diff of two versions; files that do not fit are counted, and it says so. */
  diffLength: 4 * 1_048_576,
  /** Kinds of workloads that the settings of a version add. */
  workloadKinds: 50,
  /** Characters of a path in such a kind. */
  kindPath: 200,
  /** Characters of a policy's `@id`. */
  policyId: 255,
  /** Characters of the message with a change, and of a set's description. */
  message: 1_000,
  /** Characters of a version's author. */
  author: 200,
  /** Entries of one page of a list. */
  page: 100,
  /** Services in one request. */
  services: 1_000,
  /** Containers of one service, init containers and sidecars included. */
  containers: 100,
  /** `allowedBinaries` entries of one container. */
  binaries: 1_000,
  /** Nesting of a document, mappings and sequences counted together. */
  depth: 64,
  /** Containers of all services of one request. */
  containersInAll: 4_000,
  /** Overrides that one request may ask for. */
  overridesInAll: 10_000,
  /**
   * Work of all decisions of one request, in steps of about a microsecond: the words and signs of the policies
   * that must be evaluated for each override, and the characters of the entities that they see.
   */
  work: 20_000_000,
  /** Characters of the policies that decide, each counted with every decision that names it. */
  determining: 16 * 1_048_576,
  /** Policies of one answer that is not streamed, counted before those of the same name become one. */
  manifests: 5_000,
  /** Labels of one workload. */
  labels: 64,
  /** Characters of a Kubernetes workload's name: policy names add to it, and have 253. */
  nameLength: 160,
  /** Characters of what is stored of an image, as JSON. */
  imageFacts: 16_384,
  /** Digests of images in one request of which it is looked up what is stored. */
  storedImages: 500,
  /** Characters of an image reference. */
  imageLength: 512,
  /** Images whose configs one request gives. */
  images: 500,
  /** References and digests of one image. */
  imageNames: 500,
  /** Words of an image's ENTRYPOINT, and of its CMD. */
  imageWords: 1_000,
  /** Directories of the PATH of an image. Of a container with more in its own PATH, names stay unknown. */
  pathEntries: 50,
  /** Characters of the PATH of an image, or of a container likewise. */
  pathLength: 4_096,
  /** Files that the entrypoints of one container can be by the config of its image; further ones stay unknown. */
  lookedUp: 400,
  /** Values that the defaults of a Lattice document fill into its tasks or roles, counted for each of them. */
  filledValues: 200_000,
  /** Characters of the strings of such values, counted likewise. */
  filledCharacters: 4 * 1_048_576,
  /** Documents of a body, and objects in its lists, counted together. */
  objects: 10_000,
  /** Characters of a YAML document that must be read to know whether it holds a workload. */
  documentCharacters: 2 * 1_048_576,
  /** Lines of a YAML document that must be read: each takes memory of its own. */
  documentLines: 200_000,
  /** Values in one YAML document, in one item of a JSON list, and in a JSON body of anything but workloads. */
  documentNodes: 100_000,
  /** Values in all documents of a body that must be read, with every YAML alias counted at its full size. */
  nodes: 400_000,
  /** Characters of the strings of all documents of a YAML body that must be read, aliases counted likewise. */
  characters: 4 * 1_048_576,
  /** YAML anchors, tags and directives in one body. */
  properties: 1_000,
  /** YAML aliases (`*name`) in one body. */
  aliases: 100,
  /** Characters of a token or key. */
  tokenLength: 16_384,
  /** Characters of one claim of a token that policies see. */
  claimLength: 1_024,
  /** Claims of a token that policies see. */
  claims: 64,
  /** Groups of a token that policies see; a token with more is refused. */
  groups: 500,
  /** How far an issuer's clock may differ from ours, in seconds. */
  clockSkewSeconds: 60,
  /** How long an isolate relies on what it verified of credentials, in seconds. */
  credentialSeconds: 10,
  /** Days until an API key expires, at most. */
  keyDays: 366,
  /** Days before an API key expires from which on answers to it say so. */
  keyWarningDays: 14,
  /** Policy sets, and namespaces, that one API key may be confined to. */
  keyBounds: 50,
  /** Services, and denied overrides of each, that one line of the decision log tells of. */
  logged: 100,
  /** Bytes of all files of events of one request, expanded: 100 MiB. */
  eventBytes: 100 * 1_048_576,
  /** Lines of all files of events of one request. */
  events: 500_000,
  /** Characters of one line of events; a longer line is counted and skipped. */
  eventLine: 262_144,
  /** Distinct binaries, pods, starts, directories and their combinations that are kept of the events of one request. */
  observations: 50_000,
  /** Characters of the names of what is kept of the events of one request. */
  observationCharacters: 8 * 1_048_576,
  /** Different blocks that one answer of /explain is about; more are counted, not explained. */
  explained: 100,
  /** Bytes of a multipart body of /explain: events and workloads of 1 MiB each, and the headers of the parts. */
  explainBytes: 2 * 1_048_576 + 65_536,
  /** Conditions of selectors, and values of them, that are compared with the labels of the pods of the events of one request. */
  labelComparisons: 20_000_000,
  /** Stops, changes and mounts that one verdict lists. */
  verdictEntries: 1_000,
  /** Notices of one sort about objects that pass; more are counted, not listed. */
  notices: 100,
  /** Faults listed in one answer; more are counted, not listed. */
  faults: 100,
} as const;
