// OpenClaw's own discovery of Bedrock's models, as its Bedrock plugin runs it: the provider that it finds, as JSON. The module is
// none that the package exports, so it is named by its place.
const place = new URL("node_modules/openclaw/dist/extensions/amazon-bedrock/api.js", import.meta.url);
const { resolveImplicitBedrockProvider } = await import(place);
const provider = await resolveImplicitBedrockProvider({ config: { models: { bedrockDiscovery: JSON.parse(process.argv[2]) } } });
process.stdout.write(JSON.stringify(provider));
