/** PATH where nobody sets one, in an image (SPEC SC-10) or for the tools of this machine. */
export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
