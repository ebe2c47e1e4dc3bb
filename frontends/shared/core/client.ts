// The GraphQL client: a cache over the transport.
import { Client, type Exchange, fetchExchange, mapExchange } from 'urql';
import type { Host } from './host';
import { ENDPOINT, transport } from './transport';

interface DocumentWithHash {
  __meta__?: { hash?: string };
  definitions: readonly { kind: string; name?: { value: string } }[];
}

export function makeClient(host: Host, cache: Exchange): Client {
  const hashes = new Map<string, string>();
  return new Client({
    url: ENDPOINT,
    preferGetMethod: false,
    fetch: transport(host, (operation) => hashes.get(operation)),
    exchanges: [
      mapExchange({
        onOperation(operation) {
          const document = operation.query as unknown as DocumentWithHash;
          const name = document.definitions.find((it) => it.kind === 'OperationDefinition')?.name?.value;
          const hash = document.__meta__?.hash;
          if (name && hash) {
            hashes.set(name, hash);
          }
        },
      }),
      cache,
      fetchExchange,
    ],
  });
}
