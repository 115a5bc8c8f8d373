// Says what NetworkPolicies let through: a question for each pair of pods and port, on standard input, an answer for
// each on standard output.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"

	"github.com/mattfenwick/cyclonus/pkg/matcher"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
)

// Asked is all that is asked at once.
type Asked struct {
	// Policies of the whole cluster, as the API server gives them.
	Policies []*networking.NetworkPolicy `json:"policies"`
	// Namespaces' labels by name.
	Namespaces map[string]map[string]string `json:"namespaces"`
	Questions  []Question                   `json:"questions"`
}

// Question is whether one may open a connection to another.
type Question struct {
	From     Peer   `json:"from"`
	To       Peer   `json:"to"`
	Port     int    `json:"port"`
	PortName string `json:"portName"`
	Protocol string `json:"protocol"`
}

// Peer is a pod, or without a namespace an address that is no pod's.
type Peer struct {
	Namespace string            `json:"namespace"`
	Labels    map[string]string `json:"labels"`
	IP        string            `json:"ip"`
}

// Answer has an entry in Refusing for each direction that is closed and each policy that closes it.
type Answer struct {
	Allowed  bool     `json:"allowed"`
	Refusing []string `json:"refusing"`
}

func main() {
	answers, err := judge(os.Stdin)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(answers)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func judge(input io.Reader) (answers []Answer, err error) {
	// The library panics at a policy that the API server would not have taken.
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("%v", reason)
		}
	}()
	asked := Asked{}
	decoder := json.NewDecoder(input)
	if err := decoder.Decode(&asked); err != nil {
		return nil, err
	}
	rules := matcher.BuildNetworkPolicies(false, asked.Policies)
	answers = []Answer{}
	for _, question := range asked.Questions {
		from, err := peer(question.From, asked.Namespaces)
		if err != nil {
			return nil, err
		}
		to, err := peer(question.To, asked.Namespaces)
		if err != nil {
			return nil, err
		}
		result := rules.IsTrafficAllowed(&matcher.Traffic{
			Source:           from,
			Destination:      to,
			ResolvedPort:     question.Port,
			ResolvedPortName: question.PortName,
			Protocol:         core.Protocol(question.Protocol),
		})
		refusing := append(closed("egress", result.Egress), closed("ingress", result.Ingress)...)
		answers = append(answers, Answer{Allowed: result.IsAllowed(), Refusing: refusing})
	}
	return answers, nil
}

func peer(asked Peer, namespaces map[string]map[string]string) (*matcher.TrafficPeer, error) {
	if asked.Namespace == "" {
		return &matcher.TrafficPeer{IP: asked.IP}, nil
	}
	labels, known := namespaces[asked.Namespace]
	if !known {
		return nil, fmt.Errorf("namespace %s is not among those that were given", asked.Namespace)
	}
	inside := &matcher.InternalPeer{Namespace: asked.Namespace, NamespaceLabels: labels, PodLabels: asked.Labels}
	return &matcher.TrafficPeer{IP: asked.IP, Internal: inside}, nil
}

func closed(direction string, result *matcher.DirectionResult) []string {
	found := []string{}
	if result.IsAllowed() {
		return found
	}
	for _, target := range result.DenyingTargets {
		for _, policy := range target.SourceRules {
			found = append(found, fmt.Sprintf("%s by %s/%s", direction, policy.Namespace, policy.Name))
		}
	}
	sort.Strings(found)
	return found
}
