// The only fetch of the add-ins. An operation travels as the hash of a document that the gateway already knows;
// its text is sent only when the gateway does not (it was upgraded while this pane stayed open).
import type { Host, Renewal } from './host';

/** Milliseconds after which an answer is no longer waited for; the gateway's own limit is shorter. */
const PATIENCE = 30_000;

/** Where the gateway answers; the add-ins are served by it. */
export const ENDPOINT = '/graphql';

interface Body {
  operationName?: string;
  query?: string;
  variables?: unknown;
}

/** A `fetch` for the GraphQL client, which signs each request with the host's token, and once more with a new one. */
export function transport(host: Host, hashOf: (operation: string) => string | undefined): typeof fetch {
  return async (input, init) => {
    const { operationName, query, variables } = JSON.parse(String(init?.body)) as Body;
    const sendOnce = async (body: object, renewal?: Renewal) =>
      fetch(input, {
        method: 'POST',
        headers: {
          accept: 'application/graphql-response+json, application/json;q=0.9',
          'content-type': 'application/json',
          authorization: await host.authorization(renewal),
          ...host.headers,
        },
        body: JSON.stringify(body),
        credentials: 'omit',
        cache: 'no-store',
        referrerPolicy: 'no-referrer',
        signal: within(init?.signal),
      });
    const send = async (body: object) => {
      const answer = await sendOnce(body);
      const renewal = host.renews ? await refused(answer) : null;
      return renewal ? sendOnce(body, renewal) : answer;
    };
    const documentId = operationName && hashOf(operationName);
    if (!documentId) {
      return send({ query, operationName, variables });
    }
    const answer = await send({ documentId, operationName, variables });
    return (await isUnknownDocument(answer)) ? send({ query, operationName, variables }) : answer;
  };
}

async function isUnknownDocument(answer: Response): Promise<boolean> {
  // A known document that runs answers 200 with data; only a refusal is worth reading twice.
  const text = await answer.clone().text();
  return !text.includes('"data":{') && text.includes('"PERSISTED_QUERY_NOT_FOUND"');
}

/** What a new token has to answer when the gateway did not take this one; null when it did. */
async function refused(answer: Response): Promise<Renewal | null> {
  const text = answer.status === 401 ? '' : await answer.clone().text();
  if (answer.status !== 401 && (text.includes('"data":{') || !text.includes('"UNAUTHENTICATED"'))) {
    return null;
  }
  // RFC 9470 and Microsoft's claims challenge: the claims are base64 in the header.
  const claims = /claims="([^"]+)"/.exec(answer.headers.get('www-authenticate') ?? '')?.[1];
  return { anew: true, claims: claims ? atob(claims.replace(/-/g, '+').replace(/_/g, '/')) : null };
}

function within(given: AbortSignal | null | undefined): AbortSignal {
  const limit = AbortSignal.timeout(PATIENCE);
  return given ? AbortSignal.any([given, limit]) : limit;
}
