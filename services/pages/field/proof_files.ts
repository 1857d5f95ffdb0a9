// Files of proof on this phone that are not sent yet, kept in the browser's database: a video
// survives that the page is closed or the battery runs out in the middle of the upload.

const DATABASE = "forestall-field";
const FILES = "files";

export interface ProofFile {
  id: string;
  assignmentId: string;
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

export async function keepFile(one: ProofFile): Promise<void> {
  await run("readwrite", (files) => files.put(one));
}

export async function forgetFile(id: string): Promise<void> {
  await run("readwrite", (files) => files.delete(id));
}

/** The files of an assignment; those of all others are forgotten. */
export async function filesOf(assignmentId: string): Promise<ProofFile[]> {
  const all = (await run("readonly", (files) => files.getAll())) as ProofFile[];
  for (const one of all) if (one.assignmentId !== assignmentId) await forgetFile(one.id);
  return all.filter((one) => one.assignmentId === assignmentId);
}
