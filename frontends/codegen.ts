// Types and trusted documents from the gateway's schema and the operations beside the views.
import type { CodegenConfig } from '@graphql-codegen/cli';
import { addTypenameSelectionDocumentTransform } from '@graphql-codegen/client-preset';

const config: CodegenConfig = {
  // A front end may be written while the gateway's part of it still is.
  schema: process.env.SCHEMA ?? '../schema.graphql',
  documents: ['shared/**/*.graphql', '!shared/gql/**'],
  generates: {
    './shared/gql/': {
      preset: 'client',
      // documentMode stays at its default: with 'documentNode' the manifest comes out empty.
      presetConfig: {
        fragmentMasking: { unmaskFunctionName: 'readFragment' },
        persistedDocuments: { mode: 'embedHashInDocument', hashAlgorithm: 'sha256' },
      },
      documentTransforms: [addTypenameSelectionDocumentTransform],
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        defaultScalarType: 'unknown',
        scalars: { DateTime: 'string', Url: 'string', Html: 'string' },
      },
    },
  },
};

export default config;
