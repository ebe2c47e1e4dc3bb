// The only fetch of the add-ins. An operation travels as the hash of a document that the gateway already knows;
// its text is sent only when the gateway does not (it was upgraded while this pane stayed open).
import { stringifyDocument } from 'urql';
import type { Host, Renewal } from './host';

/** Where the gateway answers; the add-ins are served by it. */
export const ENDPOINT = '/graphql';

/** An operation on its way. */
export interface Sent {
  operationName: string | undefined;
  documentId: string | undefined;
  variables: unknown;
  /** The document's text, for a gateway that does not know it. */
  text(): string | undefined;
}

interface Named {
  __meta__?: { hash?: string };
  definitions: readonly { kind: string; name?: { value: string } }[];
}

/** How a document of ours travels: by the hash that its module has from the build. */
export function sentAs(document: Parameters<typeof stringifyDocument>[0]): Omit<Sent, 'variables'> {
  const { __meta__, definitions } = document as unknown as Named;
  return {
    operationName: definitions.find((it) => it.kind === 'OperationDefinition')?.name?.value,
    documentId: __meta__?.hash,
    text: () => stringifyDocument(document),
  };
}

/** Sends an operation signed with the host's token, and once more with a new one when the gateway refuses that. */
export async function send(
  host: Host,
  { operationName, documentId, variables, text }: Sent,
  accept: string,
  signal: () => AbortSignal,
): Promise<Response> {
  const sendOnce = async (body: object, authorization: string) =>
    fetch(ENDPOINT, {
      method: 'POST',
      headers: { accept, 'content-type': 'application/json', authorization, ...host.headers },
      body: JSON.stringify({ ...body, operationName, variables }),
      credentials: 'omit',
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
      signal: signal(),
    });
  const sendBody = async (body: object) => {
    const first = await host.authorization();
    const answer = await sendOnce(body, first);
    const renewal = host.renews ? await renewalFor(answer, first) : null;
    return renewal ? sendOnce(body, await host.authorization(renewal)) : answer;
  };
  if (!documentId) {
    return sendBody({ query: text() });
  }
  const answer = await sendBody({ documentId });
  return (await isUnknownDocument(answer)) ? sendBody({ query: text() }) : answer;
}

/** A stream of events instead of one answer. */
export function isStream(answer: Response): boolean {
  return Boolean(answer.headers.get('content-type')?.startsWith('text/event-stream'));
}

async function isUnknownDocument(answer: Response): Promise<boolean> {
  // A known document that runs answers 200 with data; only a refusal is worth reading twice.
  const text = isStream(answer) ? '' : await answer.clone().text();
  return !text.includes('"data":{') && text.includes('"PERSISTED_QUERY_NOT_FOUND"');
}

/** What a new token has to answer when the gateway did not take this one; null when it did. */
async function renewalFor(answer: Response, refused: string): Promise<Renewal | null> {
  const text = answer.status === 401 || isStream(answer) ? '' : await answer.clone().text();
  if (answer.status !== 401 && (text.includes('"data":{') || !text.includes('"UNAUTHENTICATED"'))) {
    return null;
  }
  // RFC 9470 and Microsoft's claims challenge: the claims are base64 in the header.
  const claims = /claims="([^"]+)"/.exec(answer.headers.get('www-authenticate') ?? '')?.[1];
  return { anew: true, claims: claims ? atob(claims.replace(/-/g, '+').replace(/_/g, '/')) : null, refused };
}
