// Microsoft's sign-in library, by itself: it comes when the first token is asked for.
export { createNestablePublicClientApplication, PublicClientApplication } from '@azure/msal-browser';
