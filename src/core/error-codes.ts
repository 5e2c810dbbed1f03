/**
 * Every code a SlipwayError can carry, with its meaning. `docs/errors.md` is checked against this table.
 * A code never changes its meaning; a new situation gets a new code.
 */
export const ERROR_CODES = {
  // values from outside
  DIGEST_INVALID: "a digest is not sha256 in the form `sha256:<64 hex digits>`",
  REFERENCE_INVALID: "an image reference does not follow the reference grammar",
  PLATFORM_INVALID: "a platform text is not os/arch[/variant]",
  USAGE: "the command line or an option of the library is wrong",
  CWD_NOT_FOUND: "the working directory has been deleted or cannot be reached",
  // Dockerfile
  DOCKERFILE_NOT_FOUND: "there is no Dockerfile where one was expected",
  DOCKERFILE_EMPTY: "the Dockerfile has no bytes or no instructions",
  FRONTEND_UNSUPPORTED: "the Dockerfile is written for a frontend that is not Docker's own",
  DOCKERFILE_SYNTAX: "the Dockerfile cannot be parsed",
  DOCKERFILE_ENCODING: "the Dockerfile is not UTF-8 where it has to be",
  INSTRUCTION_INVALID: "an instruction has a wrong flag, argument or value",
  EXPANSION_FAILED: "a variable expansion failed",
  STAGE_INVALID: "a stage name, index, target or reference between stages is wrong",
  STAGE_CYCLE: "stages depend on each other in a circle",
  LINT_FAILED: "lint findings were made fatal by `# check=error=true`",
  // context
  CONTEXT_NOT_FOUND: "the build context does not exist or is not a folder",
  CONTEXT_INVALID: "the build context cannot be read as what it claims to be",
  IGNORE_PATTERN_INVALID: "an ignore file has a pattern that cannot be used",
  SOURCE_NOT_FOUND: "a COPY or ADD source does not exist in its context or stage",
  COPY_CONFLICT: "a file and a directory collide at the destination of a COPY or ADD",
  DOWNLOAD_FAILED: "an ADD or context URL could not be fetched",
  GIT_FAILED: "a git source could not be fetched",
  SECRET_NOT_FOUND: "a required secret or ssh agent was not given",
  ENTITLEMENT_DENIED: "an instruction asks for a privilege that was not allowed",
  // steps
  RUN_FAILED: "a RUN process ended with a non-zero exit code",
  EMULATION_UNAVAILABLE: "a program is for a processor whose programs do not run on this machine",
  OUT_OF_MEMORY: "a RUN process was ended by the kernel because memory ran out",
  LIMIT_REFUSED: "the kernel refuses the value of a resource limit",
  USER_NOT_FOUND: "a user or group name is not in the image",
  RUNTIME_UNAVAILABLE: "this machine cannot start containers: a tool or a kernel feature is missing",
  RUNTIME_FAILED: "the OCI runtime failed before the process could start",
  SNAPSHOT_FAILED: "a root filesystem could not be put together",
  CANCELLED: "the operation was aborted",
  TOOL_NOT_FOUND: "a helper program is not installed",
  TOOL_FAILED: "a helper program could not be started, took too long or wrote too much",
  SYSTEM_UNSUPPORTED: "this needs a system call that the operating system or processor does not offer",
  // layers, images, store
  SOURCE_CHANGED: "a file changed or vanished while it was being read",
  SYMLINK_LOOP: "symbolic links lead in a circle",
  DIGEST_MISMATCH: "bytes do not have the digest or size that was promised",
  LAYER_INVALID: "a layer archive is damaged or tries to leave its root",
  COMPRESSION_UNSUPPORTED: "bytes are in a compression that cannot be read or written here",
  IMAGE_NOT_FOUND: "no such image in the store",
  IMAGE_INVALID: "an image's manifest or config is not valid",
  BLOB_NOT_FOUND: "a blob is not in the store",
  STORE_UNUSABLE: "the store cannot be opened, or has a newer format",
  STORE_BUSY: "another process holds what this one needs",
  DISK_FULL: "no space left on a device",
  PERMISSION_DENIED: "the system refused access to a path",
  // registry
  REGISTRY_UNREACHABLE: "the registry does not answer",
  REGISTRY_UNAUTHORIZED: "the registry refused the credentials, or wants some",
  REGISTRY_NOT_FOUND: "the registry has no such repository, tag or digest",
  REGISTRY_PROTOCOL: "the registry answered something that is not the distribution protocol",
  REGISTRY_REJECTED: "the registry refused an upload",
  REGISTRY_RATE_LIMITED: "the registry asks to wait: too many requests",
  REGISTRY_BLOCKED: "registries.conf forbids this registry",
  PLATFORM_UNAVAILABLE: "the image has no manifest for the platform asked for",
  // outputs, containers
  OUTPUT_INVALID: "an output option is wrong or the destination cannot be written",
  CONTAINER_START_FAILED: "a container's command could not be started",
  PREFLIGHT_INVALID: "a contract of preconditions (`preflight.yaml`, or an image's label) has mistakes",
  PREFLIGHT_FAILED: "what an image presumes of the place where it is started does not hold",
  BOOTSTRAP_FAILED: "a base image could not be made from a package mirror",
  INTERNAL: "a defect in slipway: please report it",
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;
