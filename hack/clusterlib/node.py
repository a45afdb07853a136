"""The node: network namespace, containerd, kubelet, kube-proxy, DNS. Pods are real processes with real addresses."""

import subprocess
import tempfile
import time
from pathlib import Path

from . import image
from .control_plane import ADDRESS
from .programs import Failure, path_of

HERE = Path(__file__).resolve().parent
PAUSE = r"""
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
static void stop(int s) { (void)s; _exit(0); }
static void reap(int s) { (void)s; while (waitpid(-1, 0, WNOHANG) > 0) {} }
int main(void) {
  signal(SIGINT, stop); signal(SIGTERM, stop); signal(SIGCHLD, reap);
  for (;;) pause();
}
"""


def _sh(*command, check=True):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise Failure(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return done


def make_network(netns):
    """Both ends of the pair stay inside: the node gets an address that is not loopback and reaches nothing else."""
    if (Path("/run/netns") / netns).exists():
        return
    _sh("ip", "netns", "add", netns)
    ip = ("ip", "-n", netns)
    _sh(*ip, "link", "set", "lo", "up")
    _sh(*ip, "link", "add", "node0", "type", "veth", "peer", "name", "node0-peer")
    _sh(*ip, "addr", "add", f"{ADDRESS}/24", "dev", "node0")
    _sh(*ip, "link", "set", "node0", "up")
    _sh(*ip, "link", "set", "node0-peer", "up")
    _sh(*ip, "route", "add", "default", "via", "10.98.0.254", "dev", "node0")
    inside = ("nsenter", f"--net=/run/netns/{netns}")
    _sh(*inside, "sysctl", "-qw", "net.ipv4.ip_forward=1")
    _sh(*inside, "sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=1", check=False)  # where the module is loaded


def remove_network(netns):
    if (Path("/run/netns") / netns).exists():
        _sh("ip", "netns", "del", netns, check=False)


def cgroup_folders(netns):
    """The root of this cluster's control groups: a second kubelet would end pods it does not know under a common one."""
    root = Path("/sys/fs/cgroup")
    if (root / "cgroup.controllers").exists():
        return [root / netns]
    return [c / netns for c in sorted(root.iterdir()) if c.is_dir() and not c.is_symlink() and c.name != "unified"]


def make_cgroups(netns):
    for folder in cgroup_folders(netns):
        folder.mkdir(exist_ok=True)
        for knob in ("cpuset.cpus", "cpuset.mems"):  # version 1: empty until written
            if (folder / knob).exists() and not (folder / knob).read_text().strip():
                (folder / knob).write_text((folder.parent / knob).read_text())
    version2 = Path("/sys/fs/cgroup/cgroup.controllers")
    if version2.exists():
        for controller in version2.read_text().split():
            try:
                (version2.parent / "cgroup.subtree_control").write_text(f"+{controller}")
            except OSError:
                pass  # the kubelet names what it misses


def remove_cgroups(netns):
    for folder in cgroup_folders(netns):
        for below in sorted(folder.rglob("*"), reverse=True) if folder.exists() else []:
            if below.is_dir():
                _rmdir(below)
        _rmdir(folder)


def _rmdir(folder):
    for _ in range(20):
        try:
            folder.rmdir()
            return
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.1)  # the last process is still leaving


def pause_image(out):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pause.c").write_text(PAUSE)
        _sh("cc", "-static", "-O2", "-o", f"{folder}/pause", f"{folder}/pause.c")
        image.write(out, "localhost/pause:1", ["/pause"], [(f"{folder}/pause", "/pause")])


def write_configuration(processes, netns):
    state = processes.state
    for name in ("cni", "cni-addresses", "containerd", "kubelet"):
        (state / name).mkdir(parents=True, exist_ok=True)
    (state / "cni" / "10-bridge.conflist").write_text(f"""\
{{"cniVersion":"1.0.0","name":"pods","plugins":[
 {{"type":"bridge","bridge":"cni0","isGateway":true,"ipMasq":true,"hairpinMode":true,"promiscMode":false,
  "ipam":{{"type":"host-local","dataDir":"{state}/cni-addresses","ranges":[[{{"subnet":"10.244.0.0/24"}}]],
   "routes":[{{"dst":"0.0.0.0/0"}}]}}}},
 {{"type":"portmap","capabilities":{{"portMappings":true}}}}]}}
""")
    (state / "containerd.toml").write_text(f"""\
version = 3
root = "{state}/containerd/root"
state = "{state}/containerd/state"
[grpc]
  address = "{state}/containerd.sock"
[plugins.'io.containerd.cri.v1.images']
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = 'localhost/pause:1'
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true  # machines without CAP_SYS_RESOURCE
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ['/usr/lib/cni']
    conf_dir = '{state}/cni'
""")
    (state / "resolv.conf").write_text("")
    (state / "kubelet.yaml").write_text(f"""\
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupRoot: /{netns}
failSwapOn: false
authentication: {{anonymous: {{enabled: false}}, webhook: {{enabled: true}}, x509: {{clientCAFile: "{state}/pki/ca.crt"}}}}
authorization: {{mode: Webhook}}
clusterDomain: cluster.local
clusterDNS: [10.96.0.10]
containerRuntimeEndpoint: unix://{state}/containerd.sock
resolvConf: {state}/resolv.conf
enforceNodeAllocatable: []
imageGCHighThresholdPercent: 100
evictionHard: {{nodefs.available: "1%", imagefs.available: "1%", memory.available: "50Mi"}}
podLogsDir: {state}/podlogs
maxPods: 250
""")
    (state / "kube-proxy.yaml").write_text(f"""\
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clientConnection: {{kubeconfig: "{state}/kubeconfig"}}
clusterCIDR: 10.244.0.0/16
hostnameOverride: node1
conntrack: {{maxPerCore: 0, min: 0}}
""")


def start_containerd(processes):
    state = processes.state
    binaries = {path_of("containerd").parent, path_of("containerd-shim-runc-v2").parent}
    search = ":".join([*map(str, sorted(binaries)), "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"])
    processes.start("containerd", [path_of("containerd"), "--config", state / "containerd.toml"], {"PATH": search})
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if processes.run([path_of("ctr"), "-a", state / "containerd.sock", "version"], check=False).returncode == 0:
            return
        time.sleep(0.1)
    raise Failure(f"containerd does not answer:\n{processes.tail('containerd')}")


def load_image(processes, archive):
    processes.run([path_of("ctr"), "-a", processes.state / "containerd.sock", "-n", "k8s.io", "images", "import",
                   "--local", archive])


def start_kubelet(processes):
    state = processes.state
    processes.start("kubelet", [
        path_of("kubelet"), "--kubeconfig", state / "kubeconfig", "--config", state / "kubelet.yaml", "--root-dir",
        state / "kubelet", "--hostname-override", "node1", "--node-ip", ADDRESS, "--cert-dir", state / "kubelet" / "pki"])
    processes.start("kube-proxy", [path_of("kube-proxy"), "--config", state / "kube-proxy.yaml"])
