// What a view may ask of the program it is shown in. One file per host implements this and nothing else touches a
// vendor's library, so the views never know where they are.

/** The work item that the host shows. */
export interface Subject {
  /** The product's own id, as in its address bar and its token. */
  id: string;
  /** The key people say, when the host told us. */
  key: string | null;
}

export interface Host {
  /** The whole `Authorization` header for one request: fetched fresh, never kept beyond it. */
  authorization(): Promise<string>;
  /** What this pane is about. */
  subject(): Promise<Subject>;
  /** The person's language as a BCP 47 tag. */
  locale(): Promise<string>;
  /** Makes the frame as tall as its content, now and whenever that changes. */
  fit(content: HTMLElement): void;
}

/** The page was opened outside of its host. */
export class NotHosted extends Error {}
