// etcd 3.6 as Kubernetes uses it: tests of the watch-list protocol need a store that supports it, and Debian's 3.4 does
// not.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
