// Photos and videos as proof of the visit: sent in parts (tus), so that after a break only the part
// is sent again in which the signal was lost.

import { Upload, type DetailedError } from "tus-js-client";
import { newKey } from "../foundation/api";
import { Store } from "../foundation/store";
import type { Link } from "./link";
import { forgetFile, keepFile, keptFiles, type ProofFile } from "./proof_files";

export type ProofState = "sending" | "waiting" | "done" | "refused";

export interface Proof {
  id: string;
  name: string;
  sizeBytes: number;
  sentBytes: number;
  state: ProofState;
  /** Why the service does not take it. */
  detail: string;
}

const PART_BYTES = 1024 * 1024;
const AGAIN_AFTER_MS = [0, 1_000, 3_000, 5_000, 10_000];
const LATER_MS = 15_000;
/** Refusals that mean no more than to try again. */
const PASSING = new Set([408, 423, 429]);

export class Proofs {
  readonly all = new Store<readonly Proof[]>([]);
  private readonly files = new Map<string, ProofFile>();
  private readonly under = new Set<string>();

  constructor(
    private readonly link: Link,
    private readonly done: () => void,
  ) {
    addEventListener("online", () => this.goOn());
  }

  /** Goes on with what was not sent when the page was closed, also for an earlier assignment. */
  async restore(): Promise<void> {
    try {
      for (const one of await keptFiles()) this.begin(one);
    } catch {
      // a browser without a database keeps nothing: files are chosen again
    }
  }

  async add(file: File): Promise<void> {
    const one = { id: newKey(), link: this.link, file };
    try {
      await keepFile(one);
    } catch {
      // no room to keep it: it is sent as long as the page is open
    }
    this.begin(one);
  }

  private begin(one: ProofFile): void {
    const { id, file } = one;
    this.files.set(id, one);
    const proof = { id, name: file.name, sizeBytes: file.size, sentBytes: 0, detail: "" };
    this.all.update((all) => [...all, { ...proof, state: "waiting" }]);
    void this.send(id);
  }

  private goOn(): void {
    for (const one of this.all.get()) if (one.state === "waiting") void this.send(one.id);
  }

  private async send(id: string): Promise<void> {
    const one = this.files.get(id);
    if (one === undefined || this.under.has(id)) return;
    const { file, link } = one;
    this.under.add(id);
    this.change(id, { state: "sending" });
    const upload = new Upload(file, {
      endpoint: `/v1/assignments/${link.assignmentId}/uploads`,
      headers: { Authorization: `Bearer ${link.token}` },
      metadata: { filetype: file.type || "application/octet-stream" },
      chunkSize: PART_BYTES,
      retryDelays: AGAIN_AFTER_MS,
      removeFingerprintOnSuccess: true,
      // Beside the file's own marks the id: the same film chosen twice is two uploads.
      fingerprint: () => Promise.resolve(`forestall.${link.assignmentId}.${id}`),
      onProgress: (sentBytes) => this.change(id, { sentBytes }),
      onError: (error) => {
        this.under.delete(id);
        this.failed(id, error as DetailedError);
      },
      onSuccess: () => {
        this.under.delete(id);
        this.files.delete(id);
        void forgetFile(id).catch(() => {});
        this.change(id, { state: "done", sentBytes: file.size });
        this.done();
      },
    });
    const before = await upload.findPreviousUploads();
    if (before[0] !== undefined) upload.resumeFromPreviousUpload(before[0]);
    upload.start();
  }

  private failed(id: string, error: DetailedError): void {
    const status = error.originalResponse?.getStatus() ?? 0;
    const { type, detail } = problemIn(error.originalResponse?.getBody() ?? "");
    const passing = PASSING.has(status) || type === "/problems/offset-mismatch";
    if (status >= 400 && status < 500 && !passing) {
      this.files.delete(id);
      void forgetFile(id).catch(() => {});
      this.change(id, { state: "refused", detail: detail ?? error.message });
      return;
    }
    this.change(id, { state: "waiting" });
    setTimeout(() => this.goOn(), LATER_MS);
  }

  private change(id: string, change: Partial<Proof>): void {
    this.all.update((all) => all.map((one) => (one.id === id ? { ...one, ...change } : one)));
  }
}

function problemIn(body: string): { type?: string; detail?: string } {
  try {
    return JSON.parse(body) as { type?: string; detail?: string };
  } catch {
    return {};
  }
}
