// The published schemas of Istio and cert-manager, for the tests of components/mesh: test/support/published-schemas.ts reads them, go.sum pins them.
module secure-gateway/tools/crds

go 1.22

require (
	github.com/cert-manager/cert-manager v1.21.2
	istio.io/api v1.31.1
)
