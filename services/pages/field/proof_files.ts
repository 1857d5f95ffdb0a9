// Files of proof on this phone that are not sent yet, kept in the browser's database: a video
// survives that the page is closed, the battery runs out, or the next assignment comes, until it is
// sent or its own link has ended.

import { type Link, readLink } from "./link";

const DATABASE = "forestall-field";
const FILES = "files";

interface Row {
  id: string;
  token: string;
  file: File;
}

export interface ProofFile {
  id: string;
  /** Of the assignment that it proves. */
  link: Link;
  file: File;
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(FILES, { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function run<T>(
  mode: IDBTransactionMode,
  act: (files: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await open();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(FILES, mode);
      const request = act(transaction.objectStore(FILES));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

export async function keepFile({ id, link, file }: ProofFile): Promise<void> {
  await run("readwrite", (files) => files.put({ id, token: link.token, file } satisfies Row));
}

export async function forgetFile(id: string): Promise<void> {
  await run("readwrite", (files) => files.delete(id));
}

/** All files that can still be sent; those whose link has ended are forgotten. */
export async function keptFiles(): Promise<ProofFile[]> {
  const rows = (await run("readonly", (files) => files.getAll())) as Row[];
  const found: ProofFile[] = [];
  for (const { id, token, file } of rows) {
    const link = readLink(token);
    if (link !== null && Date.now() < link.endsAtMs) found.push({ id, link, file });
    else await forgetFile(id);
  }
  return found;
}
